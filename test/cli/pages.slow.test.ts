// docs/operate.md and docs/runbook.md, command by command: each page with a server of its own, in an empty folder.
// In a block ```console a line `$ COMMAND` is run and must end with 0, or with N where `# exit N` ends it; the other lines must be in
// what it printed, `…` standing for anything. A block that begins with `# file: NAME` is written to that file first.
// RUN, KEY and SEQ:HASH in a command are the last such thing that was printed.
// I1 A command that the text names in passing stands in a block of the page as well: none is described that was not run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, ROOT, shell, startServer, type RunningServer } from './harness.ts';

const PAGES = ['operate', 'runbook'].map((name) => ({ page: `docs/${name}.md`, text: readFileSync(join(ROOT, `docs/${name}.md`), 'utf8') }));

const PLACES: readonly (readonly [string, RegExp])[] = [
  ['RUN', /run_[0-9a-hjkmnp-tv-z]{26}/g],
  ['KEY', /(?<=\bid )[0-9a-hjkmnp-tv-z]{16}\b/g],
  ['SEQ:HASH', /\b\d+:[0-9a-f]{64}\b/g],
];

type Part =
  | { readonly kind: 'file'; readonly name: string; readonly content: string }
  | { readonly kind: 'command'; readonly line: number; readonly command: string; readonly exit: number; readonly prints: readonly string[] };

function partsOf(text: string): Part[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap((found): Part[] => {
    const [, language, body = ''] = found;
    const name = /^# file: (\S+)\n/.exec(body)?.[1];
    if (name !== undefined) return [{ kind: 'file', name, content: body }];
    return language === 'console' ? commandsOf(body, text.slice(0, found.index).split('\n').length + 1) : [];
  });
}

function commandsOf(body: string, firstLine: number): Part[] {
  const parts: (Part & { kind: 'command'; prints: string[] })[] = [];
  for (const [at, line] of body.trimEnd().split('\n').entries()) {
    const [, command, exit] = /^\$ (.*?)(?:\s+# exit (\d+))?$/.exec(line) ?? [];
    if (command !== undefined) parts.push({ kind: 'command', line: firstLine + at, command, exit: Number(exit ?? 0), prints: [] });
    else if (line.trim() !== '' && line.trim() !== '…') parts.at(-1)?.prints.push(line);
  }
  return parts;
}

const pattern = (line: string): RegExp =>
  new RegExp(
    line
      .trim()
      .split('…')
      .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replace(/\s+/g, String.raw`\s+`))
      .join('.*'),
  );

describe.each(PAGES)('every command of $page', ({ text }) => {
  const world = openWorld();
  const folder = join(world.folder, 'work');
  const seen = new Map<string, string>();
  let server: RunningServer;
  beforeAll(async () => {
    mkdirSync(folder);
    world.environment['PALACE_DATA'] = world.data;
    server = await startServer(world);
  }, 90_000);
  afterAll(async () => {
    await server.stop().catch(() => undefined);
    world.close();
  });

  const parts = partsOf(text);
  test.each(parts.filter((part) => part.kind === 'file'))('the file $name is written', ({ name, content }) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  });

  test.each(parts.filter((part) => part.kind === 'command'))('line $line: $command', async (part) => {
    const known = PLACES.reduce((line, [name]) => line.replaceAll(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'), () => seen.get(name) ?? name), part.command);
    const { exit, out, err } = await shell(world, known, folder);
    for (const [name, regex] of PLACES) {
      const last = [...out.matchAll(regex), ...err.matchAll(regex)].at(-1)?.[0];
      if (last !== undefined) seen.set(name, last);
    }
    expect({ exit, said: exit === part.exit ? '' : out + err }).toEqual({ exit: part.exit, said: '' });
    for (const line of part.prints) expect(out + err).toMatch(pattern(line));
  });

  test('and of its sentences', () => {
    const run = new Set(parts.flatMap((part) => (part.kind === 'command' ? [part.command] : [])));
    const named = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`(palace [^`]+)`/g)].map(([, command = '']) => command);
    // The server of the page itself; serving verbs do not end.
    const isServing = (command: string): boolean => /^palace (up|start)\b/.test(command);
    expect(
      named.filter(
        (command) => !isServing(command) && ![...run].some((line) => line === command || line.startsWith(`${command} `) || line.includes(`| ${command}`)),
      ),
    ).toEqual([]);
  });
});
