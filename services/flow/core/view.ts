// How a run looks from outside: its status, what it waits for and which command moves it. For the API and the CLI. Why it failed: failure.ts.
import type { Json } from '@palace/jq/jq.ts';
import type { z } from 'zod';
import type { RunStatus, waitingFor as waitingForShape } from '../contract.ts';
import type { Act, OpenEffect } from './acts.ts';
import { keyOfPermit } from './permit.ts';
import { filtersOf, SIGNAL_PREFIX, type EventFilter, type Step } from './program.ts';
import { hasWork, openEffect, stepAt, type Run } from './run.ts';

type Waiting = z.input<typeof waitingForShape>;

/** Entries of one list; a fork of a thousand branches is not read by anybody. */
const MAX_ENTRIES = 100;
/** Characters. */
const MAX_KEY_SHOWN = 100;

/** `running`: something is being done or can be done now; `waiting`: only time, events, other runs or people move it. */
export function runStatus(run: Run): RunStatus {
  if (run.phase === 'new' || run.phase === 'queued') return 'pending';
  if (run.phase !== 'running') return run.phase;
  if (hasWork(run)) return 'running';
  for (const id of run.effects) if (openEffect(run, id)?.state !== 'in-doubt') return 'running';
  return 'waiting';
}

/** What moves the run on, what people can do about first. */
export function waitingFor(run: Run): Waiting[] {
  if (run.place !== undefined) return [placeEntry(run, run.place)];
  if (run.phase !== 'running' && run.phase !== 'paused') return [];
  const found = run.phase === 'paused' ? [pausedBy(run)] : [];
  for (const act of run.acts.values()) {
    if (found.length >= MAX_ENTRIES) break;
    found.push(...waitingOf(run, act, stepAt(run, act)));
  }
  return found.toSorted((a, b) => rank(a) - rank(b));
}

const ORDER: readonly Waiting['kind'][] = ['paused', 'in-doubt', 'signal', 'event', 'run', 'place', 'retry', 'timer', 'effect'];
const rank = (entry: Waiting): number => ORDER.indexOf(entry.kind);
const iso = (ms: number): string => new Date(ms).toISOString();

function placeEntry(run: Run, { permit, atMs }: NonNullable<Run['place']>): Waiting {
  const { namespace, name, concurrency } = run.linked.program;
  const flow = `${namespace}/${name}`;
  const key = keyOfPermit(permit, flow);
  const whose = key === undefined ? flow : `${flow} with the key ${JSON.stringify(key).slice(0, MAX_KEY_SHOWN)}`;
  const text = `Waits for its place among the runs of ${whose}: at most ${concurrency?.limit ?? 1} at a time.`;
  return { kind: 'place', step: '', name: flow, ...(key !== undefined && { key }), since: iso(atMs), text };
}

function pausedBy(run: Run): Waiting {
  const { by = 'somebody', atMs = 0, reason } = run.paused ?? {};
  return {
    kind: 'paused',
    step: '',
    since: iso(atMs),
    command: `palace resume ${run.id}`,
    text: `Paused by ${by}${reason === undefined ? '' : `: ${reason}`}. Nothing new begins until it is resumed.`,
  };
}

function waitingOf(run: Run, act: Act, step: Step): Waiting[] {
  const common = { step: step.pointer, name: step.name, since: iso(act.atMs) };
  const timeout = dueOf(run, act, 'timeout');
  const until = timeout === undefined ? {} : { until: iso(timeout) };
  const { own } = act;
  if (own.kind === 'call' && own.effect !== undefined) return [effectEntry(run, own.effect, common, until)];
  if (own.kind === 'listen' && own.open) return listenEntries(run, step, common, until);
  if (own.kind === 'run' && own.child !== undefined)
    return [{ kind: 'run', ...common, ...until, name: own.child, text: `Waits for the run ${own.child} of "${step.name}".` }];
  if (own.kind === 'map' && own.running.size > 0) return [mapEntry(own, common, until)];
  const wait = dueOf(run, act, 'wait');
  if (wait !== undefined) return [{ kind: 'timer', ...common, until: iso(wait), text: `Waits in "${step.name}" until ${iso(wait)}.` }];
  const retry = dueOf(run, act, 'retry');
  if (retry === undefined || own.kind !== 'try') return [];
  return [{ kind: 'retry', ...common, until: iso(retry), text: `"${step.name}" failed and tries again (attempt ${own.attempt}) at ${iso(retry)}.` }];
}

function dueOf(run: Run, act: Act, purpose: string): number | undefined {
  for (const id of act.timers) {
    const timer = run.timers.get(id);
    if (timer?.purpose === purpose) return timer.dueMs;
  }
  return undefined;
}

type Common = Pick<Waiting, 'step' | 'since'> & { readonly name: string };

function effectEntry(run: Run, effect: OpenEffect, common: Common, until: { until?: string }): Waiting {
  const since = iso(effect.atMs);
  if (effect.state === 'in-doubt') {
    return {
      kind: 'in-doubt',
      ...common,
      ...until,
      since,
      command: `palace resolve ${run.id} ${effect.key} done|absent`,
      text: `Nobody knows whether the ${effect.class} act of "${common.name}" (${effect.function}) took place. Look there, then say done or absent.`,
    };
  }
  const text =
    effect.state === 'verifying'
      ? `Finds out whether "${common.name}" (${effect.function}) took place.`
      : `Performs "${common.name}" (${effect.function}), attempt ${effect.attempt}.`;
  return { kind: 'effect', ...common, ...until, since, text };
}

function mapEntry(own: Extract<Act['own'], { kind: 'map' }>, common: Common, until: { until?: string }): Waiting {
  const [first = ''] = own.running.values();
  const count = `${own.results.size} of ${own.items?.length ?? 0} items are done, ${own.running.size} under way`;
  return { kind: 'run', ...common, ...until, name: first, text: `Waits for the sub-flows of "${common.name}": ${count}. The first is ${first}.` };
}

function listenEntries(run: Run, step: Step, common: Common, until: { until?: string }): Waiting[] {
  if (step.kind !== 'listen') return [];
  const entries = filtersOf(step).map((filter): Waiting => {
    const { type } = filter;
    const limit = until.until === undefined ? '' : ` until ${until.until}`;
    if (type === undefined) return { kind: 'event', ...common, ...until, text: `"${common.name}" waits for events of any type${limit}.` };
    if (!type.startsWith(SIGNAL_PREFIX))
      return { kind: 'event', ...common, ...until, name: type, text: `"${common.name}" waits for an event ${type}${limit}.`, command: emitCommand(filter) };
    const name = type.slice(SIGNAL_PREFIX.length);
    return {
      kind: 'signal',
      ...common,
      ...until,
      name,
      text: `"${common.name}" waits for the signal ${name}${limit}.`,
      command: `palace signal ${run.id} ${name}`,
    };
  });
  return [...new Map(entries.map((entry) => [entry.command ?? entry.text, entry])).values()];
}

/** As far as the document says it: what an expression asks for, a person must see there. */
function emitCommand({ type = '', attributes }: EventFilter): string {
  const known = attributes.flatMap(([name, template]) =>
    template.t === 'lit' && EMIT_FLAGS.has(name) ? [` --${name} ${word(flagText(name, template.v))}`] : [],
  );
  return `palace emit ${word(type)}${known.join('')}`;
}

const EMIT_FLAGS: ReadonlySet<string> = new Set(['source', 'id', 'subject', 'data']);
const flagText = (name: string, value: Json): string => (name !== 'data' && typeof value === 'string' ? value : JSON.stringify(value));

/** One word for a POSIX shell. */
const word = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
