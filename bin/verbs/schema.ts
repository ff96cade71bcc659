// palace schema: the JSON Schema of flows, for editors.
import { editorSchema } from '@palace/flow/core/language/editor-schema.ts';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { jsonText } from '../terminal.ts';

export function execute({ terminal }: Call): Promise<ExitCode> {
  terminal.out(jsonText(editorSchema(), 2));
  return Promise.resolve(0);
}
