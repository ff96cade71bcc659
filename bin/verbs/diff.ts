// palace diff: what differs between files and what the server has in force. Writes nothing.
import { Api } from '../api.ts';
import { printApply } from '../apply-report.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { findServer } from '../find-server.ts';
import { compiledFiles, termsOf } from './apply.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const terms = termsOf(call, compiledFiles(call));
  const api = new Api(new Client(findServer(call)));
  // What a set has beside the files is drift as well.
  const result = await api.planApply({ ...terms, prune: terms.set !== undefined });
  printApply(call, result, 'planned');
  return result.changed ? 1 : 0;
}
