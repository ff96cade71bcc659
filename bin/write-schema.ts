// Writes docs/flow.schema.json, the JSON Schema of flows for editors. A test fails when it differs from the language.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { editorSchema } from '@palace/flow/core/language/editor-schema.ts';
import { jsonText } from './terminal.ts';

writeFileSync(fileURLToPath(new URL('../docs/flow.schema.json', import.meta.url)), `${jsonText(editorSchema(), 2)}\n`);
