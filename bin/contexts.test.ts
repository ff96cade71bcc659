import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseArguments } from './arguments.ts';
import type { Call } from './call.ts';
import { findCommand } from './commands.ts';
import { confirmDestruction, type Ask } from './confirm.ts';
import { contextsFile, readContexts, writeContexts, type Context } from './contexts.ts';
import { CommandFailure } from './failure.ts';
import { findServer, type Server } from './find-server.ts';
import type { Terminal } from './terminal.ts';

let folder: string;
const notes: string[] = [];
const terminal: Terminal = {
  out: () => undefined,
  note: (line) => void notes.push(line),
  prompt: () => undefined,
  document: () => undefined,
  outIsTerminal: false,
  columns: 100,
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palace-contexts-'));
  notes.length = 0;
  vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'config'));
  vi.stubEnv('HOME', folder);
  for (const name of ['PALACE_URL', 'PALACE_API_KEY', 'PALACE_CONTEXT', 'PALACE_DATA']) vi.stubEnv(name, '');
  const data = join(folder, '.agentspalace');
  mkdirSync(data);
  writeFileSync(join(data, 'credentials.json'), JSON.stringify({ url: 'http://127.0.0.1:1', apiKey: 'key-of-folder' }));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const context = (name: string, more: Partial<Context> = {}): Context => ({
  name,
  url: `https://${name}.example.com/`,
  apiKey: `key-of-${name}`,
  production: false,
  ...more,
});

function callOf(line: string): Call {
  const [verb = '', ...words] = line.split(' ');
  const command = findCommand(verb);
  if (command === undefined) throw new Error(`no verb ${verb}`);
  return { command, args: parseArguments(command, words), terminal, program: 'palace', json: false };
}
const found = (line: string): string => {
  const { url, apiKey, flags }: Server = findServer(callOf(line));
  return `${url.hostname} ${apiKey}${flags}`;
};
function failure(work: () => unknown): CommandFailure {
  try {
    work();
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the contexts of a user', () => {
  it('are kept in a file of their own, which only they can read', () => {
    writeContexts({ current: 'a', all: [context('a')] });
    expect(readContexts()).toEqual({ current: 'a', all: [context('a')] });
    expect(contextsFile()).toBe(join(folder, 'config', 'agentspalace', 'contexts.json'));
    expect([statSync(contextsFile()).mode & 0o777, statSync(join(folder, 'config', 'agentspalace')).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('are refused when others can read the file, and when it is damaged; the message has no key in it', () => {
    writeContexts({ current: undefined, all: [context('a')] });
    chmodSync(contextsFile(), 0o644);
    expect(failure(() => readContexts()).message).toContain('can be read by other accounts');
    for (const text of ['', '{', '{"contexts": [{"name": "a"}]}', `{"contexts": [], "other": "key-of-a"}`, 'x'.repeat(300_000)]) {
      writeFileSync(contextsFile(), text);
      chmodSync(contextsFile(), 0o600);
      const refusal = failure(() => readContexts());
      expect(refusal.message).toContain('is damaged');
      expect(refusal.message).not.toContain('key-of');
    }
  });

  it('leave nothing behind when they cannot be written, and the file before stays', () => {
    writeContexts({ current: undefined, all: [context('a')] });
    const before = readFileSync(contextsFile(), 'utf8');
    expect(() => writeContexts({ current: undefined, all: Array.from({ length: 101 }, (_, i) => context(`c${i}`)) })).toThrow('At most 100');
    expect(readFileSync(contextsFile(), 'utf8')).toBe(before);
  });
});

describe('the server of a verb', () => {
  beforeEach(() => writeContexts({ current: 'used', all: [context('used'), context('other')] }));

  it('is the first that names an address: --url or --data, --context, PALACE_URL, PALACE_CONTEXT, the context in use, the data folder', () => {
    expect(found('get flows')).toBe('used.example.com key-of-used');
    vi.stubEnv('PALACE_CONTEXT', 'other');
    expect(found('get flows')).toBe('other.example.com key-of-other');
    vi.stubEnv('PALACE_URL', 'http://127.0.0.1:7');
    expect(found('get flows')).toBe('127.0.0.1 key-of-folder');
    expect(found('get flows --server used')).toBe('used.example.com key-of-used --server used');
    expect(found('get flows --url http://127.0.0.2:9')).toBe('127.0.0.2 key-of-folder --url http://127.0.0.2:9');
    vi.stubEnv('PALACE_URL', '');
    expect(found(`get flows --data ${join(folder, '.agentspalace')}`)).toContain('127.0.0.1 key-of-folder');
    expect(found('get flows --server local')).toBe('127.0.0.1 key-of-folder');
    vi.stubEnv('PALACE_CONTEXT', '');
    writeContexts({ current: undefined, all: [] });
    expect(found('get flows')).toBe('127.0.0.1 key-of-folder');
  });

  it('gets a key that is given before the one that was kept', () => {
    vi.stubEnv('PALACE_API_KEY', 'key-given');
    expect(found('get flows')).toBe('used.example.com key-given');
    expect(found('get flows --api-key key-said')).toBe('used.example.com key-said');
  });

  it('never gets the key of a context or of a data folder at another address', () => {
    expect(failure(() => found('get flows --url https://elsewhere.example.com')).message).toContain('No API key was given');
    vi.stubEnv('PALACE_URL', 'https://elsewhere.example.com');
    expect(failure(() => found('get flows')).message).toContain('No API key was given');
  });

  it('is refused when it is named twice, or is not known', () => {
    expect(failure(() => found('get flows --server used --url http://127.0.0.1:1')).message).toContain('both say which server');
    expect(failure(() => found('get flows --server nobody')).message).toBe('There is no context "nobody".');
    vi.stubEnv('PALACE_CONTEXT', 'nobody');
    expect(failure(() => found('get flows')).message).toBe('There is no context "nobody".');
  });
});

describe('in a production context', () => {
  const prod = context('prod', { production: true });
  beforeEach(() => writeContexts({ current: 'prod', all: [prod] }));

  it.each([
    ['cancel run_1', 'cancel the run run_1'],
    ['cancel --flow a/b --status waiting', 'cancel the runs of a/b that are waiting'],
    ['pause --flow a/b', 'hold back the flow a/b'],
    ['pause --runs --flow a/b', 'pause the runs of a/b'],
    ['pause --all', 'hold back the whole installation'],
    ['delete flow a/b', 'delete the flow a/b'],
    ['apply flows --set shop --prune', 'remove from the set shop what is not among these files'],
    ['rollback shop --to 3', 'put the set shop back to apply 3'],
    ['resolve run_1 k absent', 'say that the act k of run_1 is absent'],
    ['retry run_1 --effects again', 'perform confirmed acts of the run run_1 again'],
    ['fork run_1 --at 3 --effects again', 'perform confirmed acts of run_1 again'],
    ['secret rm token --env live', 'remove the secret token of the environment live'],
    ['variable rm region', 'remove the variable region of the environment default'],
    ['env rm live', 'remove the environment live'],
    ['key revoke 0k5m', 'revoke the key 0k5m'],
    ['webhook rm orders', 'remove the webhook orders'],
  ])('%s is refused where nobody can be asked: the context and what would happen are named', (line, what) => {
    const refusal = failure(() => findServer(callOf(line)));
    expect(refusal.message).toContain('The context prod (https://prod.example.com/) is production, and nobody is here to be asked.');
    expect(refusal.message).toContain(`This would ${what}`);
    expect(refusal.options.next).toBe('Add --yes to do it.');
    expect(findServer(callOf(`${line} --yes`)).apiKey).toBe('key-of-prod');
  });

  it.each([
    'get flows',
    'run a/b',
    'apply flows --set shop',
    'apply flows --set shop --prune --dry-run',
    'diff flows --set shop',
    'cancel --flow a/b --dry-run',
    'pause run_1',
    'resume --flow a/b',
    'retry run_1',
    'secret list',
    'secret set x',
    'rollback shop --to 3 --dry-run',
  ])('%s asks nothing', (line) => {
    expect(findServer(callOf(line)).apiKey).toBe('key-of-prod');
  });

  it('the address counts, however it is named', () => {
    writeContexts({ current: undefined, all: [prod, context('test')] });
    expect(failure(() => findServer(callOf('delete flow a/b --url https://prod.example.com --api-key k'))).message).toContain('is production');
    vi.stubEnv('PALACE_URL', 'https://prod.example.com/');
    vi.stubEnv('PALACE_API_KEY', 'k');
    expect(failure(() => findServer(callOf('delete flow a/b'))).message).toContain('is production');
    expect(findServer(callOf('delete flow a/b --server test')).url.hostname).toBe('test.example.com');
  });

  it('only a clear yes does it', () => {
    const asked: string[] = [];
    const say =
      (answer: string): Ask =>
      (question) => (asked.push(question), answer);
    for (const yes of ['y\n', 'Yes\n', ' y \r\n']) expect(() => confirmDestruction(callOf('delete flow a/b'), prod, say(yes))).not.toThrow();
    for (const no of ['', '\n', 'n\n', 'yess\n', 'prod\n', 'y n\n'])
      expect(failure(() => confirmDestruction(callOf('delete flow a/b'), prod, say(no))).message).toBe('Nothing was done.');
    expect(asked[0]).toBe('The context prod (https://prod.example.com/) is production. This would delete the flow a/b. Do it? [y/N] ');
  });
});
