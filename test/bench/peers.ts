// Ours beside its peers, in the same run on the same machine: ../shared/bench, with this checkout as one more peer.
// What counts are the ratios; the rounds of all peers take turns, so that the machine's other work falls on each alike.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { round } from './engine/gauge.ts';
import { inFolder } from './engine/ground.ts';
import { line, skip } from './engine/line.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HARNESS = join(ROOT, '../shared/bench');
const OURS = 'agentspalace';
const PEERS = ['dbos', 'restate', 'bullmq'];
const VARIANTS = [OURS, `${OURS}:http`, 'dbos', 'restate', 'bullmq:always'];
const WORKLOADS = ['w1', 'w2', 'w3', 'w6'];
const ROUNDS = 3;

interface Row {
  readonly wl: string;
  readonly peer: string;
  readonly error?: string;
  readonly wfPerSec?: number;
  readonly lat?: { readonly p50: number };
  readonly cpuPerWf?: { readonly totalMs: number };
  readonly finished?: number;
  readonly allDoneMs?: number | null;
  readonly stepsTwice?: number;
}

const work = workFolder();
if (work.missing !== undefined) skip('peers', work.missing);
else await inFolder((dir) => compare(work.folder, join(dir, 'results.jsonl')));

function workFolder(): { readonly folder: string; readonly missing?: string } {
  if (!existsSync(join(HARNESS, 'env.sh'))) return { folder: '', missing: 'the harness is not beside this checkout (../shared/bench)' };
  const folder = execFileSync('bash', ['-c', '. ./env.sh && printf %s "$BENCH_WORK"'], { cwd: HARNESS, encoding: 'utf8' });
  const absent = PEERS.filter((peer) => !existsSync(join(folder, 'peers', peer, 'node_modules')));
  return absent.length === 0
    ? { folder }
    : { folder, missing: `not installed in $BENCH_WORK: ${absent.join(', ')}; run setup.sh of the harness with these names` };
}

async function compare(folder: string, results: string): Promise<void> {
  const services = (verb: string): string =>
    execFileSync('bash', [join(HARNESS, 'services.sh'), verb], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const wasUp = services('status').includes('accepting connections');
  services('start');
  try {
    // As the harness's own run.sh lays them out.
    cpSync(join(HARNESS, 'lib'), join(folder, 'lib'), { recursive: true });
    for (const peer of PEERS) cpSync(join(HARNESS, 'peers', peer, 'peer.mjs'), join(folder, 'peers', peer, 'peer.mjs'));
    cpSync(join(ROOT, 'test/bench/peer'), join(folder, 'peers', OURS), { recursive: true });
    const words = ['lib/main.mjs', '--rounds', String(ROUNDS), '--only', WORKLOADS.join(','), '--out', results, ...VARIANTS];
    const settings = [`BENCH_WORK=${folder}`, `AGENTSPALACE_HOME=${ROOT}`, 'BENCH_QUIET_MS=3000', 'BENCH_PORTBASE=28500'];
    const run = spawn('env', [...settings, process.execPath, ...words], { cwd: folder, stdio: ['ignore', 2, 2] });
    await once(run, 'exit');
  } finally {
    if (!wasUp) services('stop');
  }
  tell(
    readFileSync(results, 'utf8')
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => JSON.parse(text) as Row),
  );
}

function tell(rows: readonly Row[]): void {
  const median = (wl: string, peer: string, pick: (row: Row) => number | null | undefined): number | undefined => {
    const values = rows
      .filter((row) => row.wl === wl && row.peer === peer && row.error === undefined)
      .flatMap((row) => pick(row) ?? [])
      .toSorted((a, b) => a - b);
    return values[Math.floor((values.length - 1) / 2)];
  };
  const compared = (wl: string, pick: (row: Row) => number | null | undefined, better: 'more' | 'less') => {
    const values = Object.fromEntries(VARIANTS.map((peer) => [peer, median(wl, peer, pick) ?? null]));
    const ours = values[OURS];
    const ratios = VARIANTS.filter((peer) => peer !== OURS).map((peer) => {
      const theirs = values[peer];
      const ratio = ours == null || theirs == null ? null : better === 'more' ? ours / theirs : theirs / ours;
      return [better === 'more' ? `ours/${peer}` : `${peer}/ours`, ratio === null ? null : round(ratio)];
    });
    return { values, ratios: Object.fromEntries(ratios) as Record<string, number | null> };
  };
  line('peers', { workload: 'w1', figure: 'flows a second', rounds: ROUNDS, ...compared('w1', (row) => row.wfPerSec, 'more') });
  line('peers', { workload: 'w1', figure: 'processor ms a flow, engine and store', ...compared('w1', (row) => row.cpuPerWf?.totalMs, 'less') });
  line('peers', { workload: 'w2', figure: 'p50 ms', ...compared('w2', (row) => row.lat?.p50, 'less') });
  line('peers', { workload: 'w3', figure: 'p50 ms', ...compared('w3', (row) => row.lat?.p50, 'less') });
  line('peers', { workload: 'w6', figure: 'ms from restart to all done', ...compared('w6', (row) => row.allDoneMs, 'less') });
  line('peers', {
    workload: 'w6',
    figure: 'finished of 500; steps run twice',
    finished: compared('w6', (row) => row.finished, 'more').values,
    repeated: compared('w6', (row) => row.stepsTwice, 'less').values,
  });
  for (const row of rows) if (row.error !== undefined) line('peers', { workload: row.wl, peer: row.peer, error: row.error.slice(0, 200) });
}
