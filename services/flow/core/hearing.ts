// How a listen goes on, as a fold: it opens, hears, has worked on an event, closes.
// I1 With foreach the events wait in order of arrival; the first is under way, and only listen.advanced takes it away.
// I2 What has been worked on leaves its output alone; the memory of a listen that goes on for ever is bounded (I3 of run.ts).
import type { Json } from '@palace/jq/jq.ts';
import { actOf, assertThat, setData, setListening, setStage, type Act, type ListenItems, type Own } from './acts.ts';
import type { CloudEvent, RunEvent } from './model.ts';
import type { ReadAs, StepOf } from './program.ts';
import { stepAt, type Run } from './run.ts';

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
type Listening = Extract<Own, { kind: 'listen' }>;

/** So many of the newest events are known again; those found by looking back are not counted. */
const REMEMBERED = 200;

/** An event of another source may have the same id. */
export const eventName = ({ source, id }: CloudEvent): string => `${source}\n${id}`;

export function readAs(read: ReadAs, event: CloudEvent): Json {
  if (read === 'envelope') return event as Json;
  const data = event.data ?? event['data_base64'] ?? null;
  if (read === 'data') return data;
  return typeof data === 'string' ? data : JSON.stringify(data);
}

/** What the step gives, or has so far: an output for each event that it has worked on, or what it has heard. */
export function gathered(own: Listening, step: StepOf<'listen'>): Json[] {
  if (own.items !== undefined) return [...own.items.outputs];
  return own.received.filter(({ filter }) => filter < step.filters.length).map(({ event }) => readAs(step.read, event));
}

export function listenOpened(run: Run, event: Of<'listen.opened'>): void {
  const { act } = listening(run, event.act);
  setListening(run, act, true);
  goOn(run, act);
}

export function listenReceived(run: Run, event: Of<'listen.received'>): void {
  const { act, own, step } = listening(run, event.act);
  const { filter, event: heard } = event;
  if (own.items === undefined) own.received.push({ filter, event: heard });
  else {
    remember(own.items, heard, filter, event.early === true);
    if (filter < step.filters.length) own.received.push({ filter, event: heard });
    if (act.stage === 'waiting') goOn(run, act);
  }
  if (event.correlation !== undefined) own.correlation = { ...own.correlation, ...event.correlation };
  const buffered = run.signals.findIndex((signal) => signal.id === heard.id && signal.type === heard.type);
  if (buffered >= 0) run.signals.splice(buffered, 1);
}

function remember(items: ListenItems, event: CloudEvent, filter: number, early: boolean): void {
  if (!items.filters.includes(filter)) items.filters.push(filter);
  (early ? items.early : items.late).push(eventName(event));
  if (items.late.length > REMEMBERED) items.late.shift();
}

export function listenAdvanced(run: Run, event: Of<'listen.advanced'>): void {
  const { act, own } = listening(run, event.act);
  assertThat(own.items !== undefined && own.received.length > 0 && own.items.done === event.index, 'events are worked on one by one');
  own.received.shift();
  own.items.done += 1;
  own.items.outputs.push(event.output);
  own.items.outputs.splice(0, event.drop ?? 0);
  if (event.context !== undefined) run.context = event.context;
  goOn(run, act);
}

export function listenClosed(run: Run, event: Of<'listen.closed'>): void {
  const { act, own } = listening(run, event.act);
  setListening(run, act, false);
  if (event.satisfied === undefined) return;
  own.enough = true;
  if (event.left !== undefined) own.received = [];
  // The last body may be over, its output still to be made (progress.ts).
  if (own.items === undefined || act.stage === 'waiting' || act.stage === 'next') goOn(run, act);
}

/** What there is to do next for a listen: an event to work on, its end, or nothing until something comes. */
export function goOn(run: Run, act: Act): void {
  const { own, step } = listening(run, act.id);
  const works = own.items !== undefined && (act.children.length > 0 || own.received.length > 0);
  if (works) return setStage(run, act, act.children.length > 0 ? 'waiting' : 'next');
  if (!own.enough) return setStage(run, act, 'waiting');
  setData(act, gathered(own, step));
  setStage(run, act, 'done');
}

function listening(run: Run, id: number): { act: Act; own: Listening; step: StepOf<'listen'> } {
  const act = actOf(run, id);
  const step = stepAt(run, act);
  assertThat(act.own.kind === 'listen' && step.kind === 'listen', `act ${id} does not listen`);
  return { act, own: act.own, step };
}
