// One act as JSON and back. Letters instead of words: a snapshot holds one of these for every open step.
// I1 A field stands there only when it differs from what the rest implies; liveAct(flatAct(act)) is the same act.
import type { Json } from '@palace/jq/jq.ts';
import type { Act, ListenItems, OpenEffect, Own, Received, Stage } from './acts.ts';
import type { ActId, EffectIntent, LedgerAnswer, RunFault } from './model.ts';
import type { EffectClass, Pc } from './program.ts';

type FlatOwn =
  | { readonly k: 'do'; readonly c: Pc; readonly l?: number; readonly w?: Pc }
  | { readonly k: 'for'; readonly i: number; readonly v?: readonly Json[] }
  | { readonly k: 'fork'; readonly e: number; readonly l: number; readonly w?: true; readonly o: readonly (readonly [number, Json])[] }
  | { readonly k: 'try'; readonly n: number; readonly b: number; readonly p: number; readonly c?: RunFault; readonly m?: readonly LedgerAnswer[] }
  | { readonly k: 'call'; readonly n: number; readonly e?: OpenEffect; readonly i?: EffectIntent; readonly f?: EffectClass }
  | {
      readonly k: 'listen';
      readonly o: boolean;
      readonly e?: true;
      readonly r: readonly Received[];
      readonly c?: { readonly [name: string]: Json };
      readonly i?: ListenItems;
    }
  | { readonly k: 'run'; readonly n: number; readonly c?: string }
  | {
      readonly k: 'map';
      readonly n: number;
      readonly v?: readonly Json[];
      readonly l: number;
      readonly c: readonly (readonly [number, string])[];
      readonly o: readonly (readonly [number, Json])[];
    };

export interface FlatAct {
  readonly i: ActId;
  readonly p: Pc;
  readonly a: ActId;
  readonly h?: string;
  readonly t: number;
  readonly s: Stage;
  readonly n?: Json;
  readonly d?: Json;
  readonly f?: RunFault;
  readonly w?: Stage;
  readonly o?: FlatOwn;
}

export function flatAct(act: Act): FlatAct {
  const own = flatOwn(act.own);
  return {
    i: act.id,
    p: act.pc,
    a: act.parent,
    t: act.atMs,
    s: act.stage,
    ...(act.path !== '' && { h: act.path }),
    ...(act.ownInput && { n: act.input }),
    ...(act.ownData && { d: act.data }),
    ...(act.fault !== undefined && { f: act.fault }),
    ...(act.failedIn !== undefined && { w: act.failedIn }),
    ...(own !== undefined && { o: own }),
  };
}

/** `raw`: what the scope above hands to an act without an input of its own. */
export function liveAct(flat: FlatAct, raw: Json, depthAbove: number): Act {
  const input = flat.n === undefined ? raw : flat.n;
  return {
    id: flat.i,
    pc: flat.p,
    parent: flat.a,
    path: flat.h ?? '',
    depth: depthAbove + 1,
    atMs: flat.t,
    input,
    ownInput: flat.n !== undefined,
    data: flat.d === undefined ? input : flat.d,
    ownData: flat.d !== undefined,
    stage: flat.s,
    fault: flat.f,
    failedIn: flat.w,
    children: [],
    timers: [],
    own: liveOwn(flat.o),
  };
}

function flatOwn(own: Own): FlatOwn | undefined {
  switch (own.kind) {
    case 'do':
      return { k: 'do', c: own.cursor, ...(own.lap > 0 && { l: own.lap }), ...(own.onward !== undefined && { w: own.onward }) };
    case 'for':
      return { k: 'for', i: own.index, ...(own.items !== undefined && { v: own.items }) };
    case 'fork':
      return {
        k: 'fork',
        e: own.entered,
        l: own.left,
        ...(own.won && { w: true }),
        o: own.outputs.flatMap((output, i): (readonly [number, Json])[] => (output === undefined ? [] : [[i, output]])),
      };
    case 'try':
      return {
        k: 'try',
        n: own.attempt,
        b: own.base,
        p: own.peak,
        ...(own.caught !== undefined && { c: own.caught }),
        ...(own.kept !== undefined && { m: [...own.kept.values()] }),
      };
    case 'call':
      return {
        k: 'call',
        n: own.attempt,
        ...(own.effect !== undefined && { e: own.effect }),
        ...(own.intent !== undefined && { i: own.intent }),
        ...(own.class !== undefined && { f: own.class }),
      };
    case 'listen':
      return {
        k: 'listen',
        o: own.open,
        ...(own.enough && { e: true }),
        r: [...own.received],
        ...(own.correlation !== undefined && { c: own.correlation }),
        ...(own.items !== undefined && { i: copyOf(own.items) }),
      };
    case 'run':
      return { k: 'run', n: own.requests, ...(own.child !== undefined && { c: own.child }) };
    case 'map':
      return {
        k: 'map',
        n: own.requests,
        ...(own.items !== undefined && { v: own.items }),
        l: own.limit,
        c: [...own.running],
        o: [...own.results].toSorted(([a], [b]) => a - b),
      };
    case 'leaf':
      return undefined;
  }
}

/** Snapshots share values with the run, none of its containers. */
const copyOf = ({ done, outputs, filters, early, late }: ListenItems): ListenItems => ({
  done,
  outputs: [...outputs],
  filters: [...filters],
  early: [...early],
  late: [...late],
});

function liveOwn(flat: FlatOwn | undefined): Own {
  switch (flat?.k) {
    case 'do':
      return { kind: 'do', cursor: flat.c, lap: flat.l ?? 0, onward: flat.w };
    case 'for':
      return { kind: 'for', items: flat.v, index: flat.i };
    case 'fork': {
      const outputs: (Json | undefined)[] = [];
      for (const [i, output] of flat.o) outputs[i] = output;
      return { kind: 'fork', entered: flat.e, outputs, left: flat.l, won: flat.w ?? false };
    }
    case 'try': {
      const kept = flat.m === undefined ? undefined : new Map(flat.m.map((answer) => [answer.position, answer]));
      return { kind: 'try', attempt: flat.n, caught: flat.c, base: flat.b, peak: flat.p, kept };
    }
    case 'call':
      return { kind: 'call', effect: flat.e, intent: flat.i, attempt: flat.n, class: flat.f };
    case 'listen':
      return {
        kind: 'listen',
        open: flat.o,
        enough: flat.e ?? false,
        received: [...flat.r],
        correlation: flat.c,
        items: flat.i === undefined ? undefined : copyOf(flat.i),
      };
    case 'run':
      return { kind: 'run', child: flat.c, requests: flat.n };
    case 'map':
      return { kind: 'map', items: flat.v, limit: flat.l, requests: flat.n, running: new Map(flat.c), results: new Map(flat.o), next: 0 };
    case undefined:
      return { kind: 'leaf' };
  }
}
