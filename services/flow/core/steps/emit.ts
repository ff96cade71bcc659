// emit: an event of CloudEvents 1.0, completed and checked. It leaves in the commit of the step (engine/rows.ts).
// I1 id, source and time have defaults; what is given is taken as it is, or refused, never replaced in silence.
// I2 Types that only the engine may say (signals, lifecycle events) are refused, so that who hears them can trust them.
import type { Json } from '@palace/jq/jq.ts';
import { isObject } from '@palace/jq/json.ts';
import type { Act } from '../acts.ts';
import { standardFault } from '../faults.ts';
import { eventId } from '../keys.ts';
import { isReference } from '../language/uri.ts';
import type { CloudEvent } from '../model.ts';
import { checkSize } from '../payload.ts';
import { isReserved, type StepOf } from '../program.ts';
import { complete } from '../scopes.ts';
import { FORMATS } from '../schema/formats.ts';
import { emit, StepFault, type Turn } from '../turn.ts';
import { fill, placeOf } from '../variables.ts';

const MAX_ATTRIBUTE = 1_000;
const TEXTS: ReadonlySet<string> = new Set(['id', 'source', 'type', 'time', 'subject', 'datacontenttype', 'dataschema', 'specversion']);

export function beginEmit(turn: Turn, act: Act, step: StepOf<'emit'>): void {
  const event = eventIn(turn, act, step, fill(turn, step.event, act.input, placeOf(turn.run, act)));
  checkSize(turn, event as Json, 'event');
  if (turn.run.mode === 'dry') return complete(turn, act, event as Json);
  emit(turn, { type: 'event.emitted', act: act.id, event });
  complete(turn, act);
}

function eventIn(turn: Turn, act: Act, step: StepOf<'emit'>, value: Json): CloudEvent {
  if (!isObject(value)) throw refusal('An event to emit must be an object.');
  // An attribute without a value is absent; null is a value of data alone.
  const given = Object.fromEntries(Object.entries(value).filter(([name, one]) => one !== null || name === 'data'));
  for (const [name, one] of Object.entries(given)) {
    const wrong = name === 'data' ? undefined : mistakeIn(name, one);
    if (wrong !== undefined) throw refusal(`The "${name}" of an event to emit must be ${wrong}.`);
  }
  if (typeof given['type'] !== 'string') throw refusal('An event to emit needs a "type" that is text.');
  if (isReserved(given['type'])) throw refusal(`Events of the type "${given['type']}" are said by the engine alone.`);
  const { run, env } = turn;
  const { namespace, name } = run.linked.program;
  return {
    // Try may repeat this position: each emission is an event of its own, told apart by the act.
    id: eventId(run.id, run.generation, step.pointer, act.path, act.id),
    source: `/flows/${namespace}/${name}`,
    time: new Date(env.nowMs).toISOString(),
    ...given,
    type: given['type'],
    specversion: '1.0',
  };
}

const refusal = (detail: string): StepFault => new StepFault(standardFault('expression', detail));

/** What it must be, when it is not. */
function mistakeIn(name: string, value: Json): string | undefined {
  if (name === 'specversion') return value === '1.0' ? undefined : '"1.0"';
  if (TEXTS.has(name)) {
    if (typeof value !== 'string' || value === '') return 'text that is not empty';
    if (value.length > MAX_ATTRIBUTE) return `at most ${MAX_ATTRIBUTE} characters long`;
    if (name === 'time' && FORMATS['date-time']?.(value) !== true) return 'a time like 2026-01-31T12:00:00Z';
    if ((name === 'source' || name === 'dataschema') && !isReference(value)) return 'an address or path without white space';
    return undefined;
  }
  if (typeof value === 'string') return value.length <= MAX_ATTRIBUTE ? undefined : `at most ${MAX_ATTRIBUTE} characters long`;
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isInteger(value)) ? undefined : 'text, a whole number, true or false';
}
