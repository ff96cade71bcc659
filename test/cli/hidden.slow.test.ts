// What is typed at a terminal and not shown, through a pseudo terminal of util-linux: secrets, and the passphrase of a backup's key.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, shell, startServer, type RunningServer, type World } from './harness.ts';

const hasTerminal = process.platform === 'linux' && existsSync('/usr/bin/script');
const PROMPT = '(not shown): ';

let world: World;
let server: RunningServer;

/** At each prompt in turn, types all of its keys. */
function atTerminal(line: string, ...answers: readonly (readonly string[])[]): Promise<{ shown: string; exit: number | null }> {
  const child = spawn('/usr/bin/script', ['--quiet', '--return', '--command', line, '/dev/null'], { cwd: world.folder, env: world.environment, stdio: 'pipe' });
  let shown = '';
  let asked = 0;
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      for (; asked < shown.split(PROMPT).length - 1; asked++) for (const one of answers[asked] ?? []) child.stdin.write(one);
    });
    child.once('close', (exit) => resolve({ shown, exit }));
  });
}

/** What flows have read of a secret is believed for three seconds. */
const BELIEVED_MS = 3_200;

const FLOW = `document: {dsl: '1.0.3', namespace: keys, name: look, version: '1.0.0'}
use: {secrets: [typed]}
do:
  - look:
      run:
        script:
          language: js
          environment: {KEY: '\${ $secrets.typed }'}
          code: console.log(JSON.stringify([...process.env.KEY].map((one) => one.codePointAt(0))))
`;

describe.skipIf(!hasTerminal)(
  hasTerminal ? 'a secret that is typed' : 'a secret that is typed (skipped: there is no /usr/bin/script)',
  { timeout: 120_000 },
  () => {
    beforeAll(async () => {
      world = openWorld();
      server = await startServer(world);
      const file = join(world.folder, 'look.yaml');
      writeFileSync(file, FLOW);
      expect((await shell(world, `palace apply ${file} --data ${world.data}`)).exit).toBe(0);
    });
    afterAll(async () => {
      await server.stop();
      world.close();
    });

    const set = (keys: readonly string[], more = '') => atTerminal(`palace secret set typed ${more} --data ${world.data}`, keys);
    async function kept(): Promise<string> {
      await sleep(BELIEVED_MS);
      const { out } = await shell(world, `palace run keys/look --wait --json --data ${world.data}`);
      const { output } = JSON.parse(out) as { output: string };
      return String.fromCodePoint(...(JSON.parse(output) as number[]));
    }

    it('is not shown, and is what was typed with its corrections', async () => {
      const { shown, exit } = await set(['cana', 'rX\u007f', 'y-tyü\u001b[D', 'ped', '\r']);
      expect(exit).toBe(0);
      expect(shown).toContain('Set typed, version 1.');
      expect(shown).not.toMatch(/cana|ry-ty|tyü/);
      expect(await kept()).toBe('canary-tyüped');
    });

    it('may be pasted with several lines', async () => {
      expect(await set(['\u001b[200~canary\rof two lines\u001b[201~', '\r'])).toMatchObject({ exit: 0, shown: expect.not.stringContaining('two lines') });
      expect(await kept()).toBe('canary\nof two lines');
    });

    it('is not set when it is interrupted, empty, or of a kind that it is not; nothing of it is shown', async () => {
      const before = await kept();
      const interrupted = await set(['canary', '\u0003']);
      expect(interrupted.exit).not.toBe(0);
      const empty = await set(['\u0004']);
      expect([empty.exit, empty.shown]).toEqual([2, expect.stringContaining('The value is empty.')]);
      const wrong = await set(['{canary\r'], '--type json');
      expect([wrong.exit, wrong.shown]).toEqual([2, expect.stringContaining('not valid JSON')]);
      expect([interrupted, empty, wrong].map(({ shown }) => shown).join()).not.toContain('canary');
      expect(await kept()).toBe(before);
    });

    it('is the passphrase of a backup’s key: asked twice, once to restore, and never shown', async () => {
      const file = join(world.folder, 'typed.backup');
      const backup = `palace backup ${file} --with-key --data ${world.data}`;
      const different = await atTerminal(backup, ['canary-ü-phrase\r'], ['canary-o-phrase\r']);
      expect([different.exit, different.shown]).toEqual([2, expect.stringContaining('The two are not the same.')]);
      const empty = await atTerminal(backup, ['\r']);
      expect([empty.exit, empty.shown]).toEqual([2, expect.stringContaining('one line')]);
      expect(existsSync(file)).toBe(false);
      const made = await atTerminal(backup, ['canarX\u007fy-ü-phrase\r'], ['canary-ü-phrase\r']);
      expect([made.exit, made.shown]).toEqual([0, expect.any(String)]);
      const restore = (data: string) => `palace restore ${file} --data ${join(world.folder, data)}`;
      const wrong = await atTerminal(restore('wrong'), ['canary-other-phrase\r']);
      expect(wrong.exit).not.toBe(0);
      const restored = await atTerminal(restore('restored'), ['canary-ü-phrase\r']);
      expect([restored.exit, restored.shown]).toEqual([0, expect.any(String)]);
      expect(readFileSync(join(world.folder, 'restored', 'vault.key'), 'utf8')).toBe(readFileSync(join(world.data, 'vault.key'), 'utf8'));
      expect([different, empty, made, wrong, restored].map(({ shown }) => shown).join()).not.toMatch(/canar|y-ü/);
    });
  },
);
