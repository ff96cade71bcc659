// palace export: the flows that are in force, as files that apply as "same".
// I1 A file that is there and says something else is not written over, unless --force is given: all are looked at before the first is written.
// I2 Names come from the server: what is no plain name never becomes a path.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { CommandFailure, refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readPages } from '../pages.ts';
import { jsonText } from '../terminal.ts';

const MOST_FLOWS = 10_000;
const PAGE = 200;
const NAME = /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/;

interface File {
  readonly path: string;
  readonly text: string;
  readonly state: 'new' | 'same' | 'other';
}

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const [folder = ''] = args.positionals;
  const api = new Api(new Client(findServer(call)));
  const names = await namesOf(call, api);
  if (names.length === 0) throw refused('There is no flow to export.', { next: 'palace get flows' });
  const files: File[] = [];
  for (const name of names) files.push(await fileOf(api, folder, name));
  const others = files.filter(({ state }) => state === 'other');
  if (others.length > 0 && !args.has('force')) {
    throw refused(`${others.length === 1 ? 'One file is' : `${others.length} files are`} there and would change; nothing was written.`, {
      details: others.slice(0, 20).map(({ path }) => path),
      next: 'Export into an empty folder, or write over them with --force.',
    });
  }
  for (const { path, text, state } of files) {
    if (state === 'same') continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  if (json) terminal.out(jsonText({ files: files.map(({ path, state }) => ({ path, state })) }));
  else {
    const written = files.filter(({ state }) => state !== 'same').length;
    terminal.out(`${written} written to ${folder}, ${files.length - written} there already.`);
  }
  return 0;
}

async function namesOf({ args }: Call, api: Api): Promise<string[]> {
  const set = args.text('set');
  if (set !== undefined) return (await api.setMembers(set)).items.map(({ name }) => name);
  const { items } = await readPages(MOST_FLOWS, (cursor) => api.listFlows({ namespace: args.text('namespace'), limit: PAGE, cursor }));
  return items.map(({ namespace, name }) => `${namespace}/${name}`);
}

async function fileOf(api: Api, folder: string, name: string): Promise<File> {
  if (!NAME.test(name)) throw new CommandFailure(6, `The server names a flow "${name}", which is no name of a flow.`);
  const { source } = await api.getFlow(name);
  const text = source.endsWith('\n') ? source : `${source}\n`;
  const path = join(folder, `${name}${source.trimStart().startsWith('{') ? '.json' : '.yaml'}`);
  if (!existsSync(path)) return { path, text, state: 'new' };
  return { path, text, state: readFileSync(path, 'utf8') === text ? 'same' : 'other' };
}
