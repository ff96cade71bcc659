import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDisplay } from '@palace/platform/config.ts';
import { announceReady, type ReadyHouse } from './announce-ready.ts';
import { parseArguments } from './arguments.ts';
import type { Call } from './call.ts';
import { findCommand } from './commands.ts';
import { showInBrowser } from './show-in-browser.ts';

const LINK = 'http://127.0.0.1:8080/sign-in#token=not-a-real-one';

async function said(words: readonly string[], outIsTerminal: boolean, link: string | null = LINK): Promise<{ lines: string[]; shown: string[]; made: number }> {
  const command = findCommand('up')!;
  const lines: string[] = [];
  const shown: string[] = [];
  let made = 0;
  const terminal = { out: (line: string) => void lines.push(line), note: () => undefined, prompt: () => undefined, document: () => undefined, outIsTerminal, columns: 80 };
  const args = parseArguments(command, words);
  const call: Call = { command, args, terminal, program: 'palace', json: args.has('json') };
  const house: ReadyHouse = {
    url: 'http://127.0.0.1:8080',
    credentials: '/data/credentials.json',
    pids: { palace: 1, postgres: 2 },
    async signInUrl() {
      made += 1;
      return link ?? undefined;
    },
  };
  await announceReady(call, house, (address) => shown.push(address) > 0);
  return { lines, shown, made };
}

describe('palace up, once it is ready', () => {
  it('prints the link on a terminal and shows it, unless that is not wanted', async () => {
    expect(await said([], true)).toMatchObject({ lines: [expect.stringContaining('is ready'), `Console   ${LINK}`], shown: [LINK] });
    expect(await said(['--no-open'], true)).toMatchObject({ lines: [expect.anything(), `Console   ${LINK}`], shown: [] });
  });

  it('makes no link for a log, and gives it to a script that asks for JSON', async () => {
    expect(await said([], false)).toMatchObject({ lines: [expect.stringContaining('is ready')], shown: [], made: 0 });
    const { lines, shown } = await said(['--json'], false);
    expect([JSON.parse(lines[0]!), shown]).toMatchObject([{ ready: true, signInUrl: LINK }, []]);
  });

  it('says nothing of a console where nobody can sign in', async () => {
    const { lines, shown } = await said([], true, null);
    expect([lines.length, shown]).toEqual([1, []]);
  });
});

describe('a browser is shown', () => {
  it('only on a machine with a display, never over SSH and never in CI', () => {
    expect(readDisplay({}, 'linux')).toBeUndefined();
    expect(readDisplay({ DISPLAY: ':0' }, 'linux')).toBe('xdg-open');
    expect(readDisplay({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe('xdg-open');
    expect(readDisplay({}, 'darwin')).toBe('open');
    for (const elsewhere of [{ SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, { CI: 'true' }])
      for (const platform of ['linux', 'darwin']) expect(readDisplay({ DISPLAY: ':0', ...elsewhere }, platform)).toBeUndefined();
  });

  it('by a program that gets the address as one argument, whatever stands in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'palace-browser-'));
    try {
      const program = join(folder, 'browser');
      writeFileSync(program, `#!/bin/sh\nprintf '%s|' "$#" "$@" > ${folder}/draft && mv ${folder}/draft ${folder}/seen\n`, { mode: 0o755 });
      const address = 'http://127.0.0.1:1/sign-in#token=$(touch x);`id`';
      expect(showInBrowser(address, true, program)).toBe(true);
      await expect.poll(() => readFileSync(join(folder, 'seen'), 'utf8')).toBe(`1|${address}|`);
      expect(showInBrowser(address, false)).toBe(false);
      expect(showInBrowser(address, true, join(folder, 'missing'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
