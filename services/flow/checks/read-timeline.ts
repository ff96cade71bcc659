// Reads `timeline`: what comes from outside while the run is under way, in the order written.
import type { Json } from '@palace/jq/jq.ts';
import { checkShape, shorten } from '../core/language/shape.ts';
import { booleanAt, entry, textAt, type MapNode, type Node } from '../core/language/tree.ts';
import { DEEDS } from './grammar.ts';
import type { Deed } from './model.ts';
import { mapsOf, spotOf, targetOf, timeOf, type Reading } from './read-parts.ts';

type Kind = keyof typeof DEEDS;
const KINDS = Object.keys(DEEDS) as Kind[];

export function readTimeline(reading: Reading, node: Node | undefined): Deed[] {
  const deeds: Deed[] = [];
  let latestMs = 0;
  for (const one of mapsOf(reading, node, 'What happens')) {
    const deed = deedOf(reading, one);
    if (deed === undefined) continue;
    if (deed.atMs !== undefined && deed.atMs < latestMs)
      reading.report.error(entry(one, 'at') ?? one, 'This happens before what stands above it.', 'Write what happens in the order of its times.');
    latestMs = deed.atMs ?? latestMs;
    deeds.push(deed);
  }
  return deeds;
}

function deedOf(reading: Reading, node: MapNode): Deed | undefined {
  const [kind, ...others] = KINDS.filter((one) => node.entries.has(one));
  if (kind === undefined) {
    reading.report.error(node, 'It is not said what happens.', `It has one of: ${KINDS.join(', ')}.`);
    return undefined;
  }
  if (others.length > 0) {
    reading.report.errorAtKey(entry(node, others[0] ?? kind) ?? node, 'One thing happens at a time.', 'Make a second entry of it.');
    return undefined;
  }
  checkShape(reading.report, node, DEEDS[kind]);
  const what = whatOf(reading, node, kind);
  if (what === undefined) return undefined;
  return { spot: spotOf(reading, node), atMs: timeOf(reading, entry(node, 'at')), unused: booleanAt(node, 'unused') === true, what };
}

function whatOf(reading: Reading, node: MapNode, kind: Kind): Deed['what'] | undefined {
  const value = entry(node, kind);
  switch (kind) {
    case 'signal': {
      const name = textAt(node, kind)?.value;
      const to = textAt(node, 'to');
      if (to !== undefined && reading.library.byName(to.value) === undefined)
        reading.report.error(to, `There is no flow ${shorten(to.value)} among the files.`, 'A signal reaches a sub-flow that is a real run here.');
      return name === undefined ? undefined : { kind, name, data: (entry(node, 'data')?.value ?? null) as Json, to: to?.value };
    }
    case 'event': {
      const type = textAt(value, 'type')?.value;
      if (value?.kind === 'map' && type === undefined) reading.report.errorAtKey(value, 'An event needs a "type".', 'Write it as the flow listens to it.');
      return value?.kind === 'map' && type !== undefined ? { kind, event: { ...value.value, type } } : undefined;
    }
    case 'context':
      return value?.kind === 'map' ? { kind, value: value.value } : undefined;
    case 'resolve': {
      const step = targetOf(reading, value);
      const outcome = textAt(node, 'outcome')?.value === 'absent' ? 'absent' : 'done';
      return step === undefined ? undefined : { kind, step, outcome, result: (entry(node, 'result')?.value ?? null) as Json };
    }
    default:
      if (value?.kind === 'scalar' && value.value === false)
        reading.report.error(value, `"${kind}: false" says nothing.`, `Write "${kind}: true", or leave it out.`);
      return { kind };
  }
}
