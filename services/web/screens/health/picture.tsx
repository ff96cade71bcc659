'use client';
// The deployment as it is: who asks, the gateway, the processes that work, the database; each with its state and the reason.
import Database from 'lucide-react/icons/database';
import DoorOpen from 'lucide-react/icons/door-open';
import Bird from 'lucide-react/icons/bird';
import Cpu from 'lucide-react/icons/cpu';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Health, Ready } from '../../api/health.ts';
import { RelativeTime } from '../../design/relative-time.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { Panel } from '../home/panel.tsx';
import { partOf, worst, type Part } from './judge.ts';
import { StateMark } from './state-mark.tsx';

export function Picture({ health, ready }: { health: Health; ready: Ready | null | undefined }) {
  const text = useText();
  return (
    <Panel title={text('health.picture')}>
      <div className="flex items-stretch gap-0 p-4 max-narrow:flex-col">
        <Column>
          <Gateway ready={ready} />
          <Canary health={health} ready={ready} />
        </Column>
        <Way />
        <Column wide>
          {health.nodes.map((node) => (
            <Process key={node.id} node={node} health={health} ready={ready} />
          ))}
        </Column>
        <Way />
        <Column>
          <Store health={health} ready={ready} />
        </Column>
      </div>
    </Panel>
  );
}

const Column = ({ wide = false, children }: { wide?: boolean; children: ReactNode }) => (
  <div className={`flex min-w-0 flex-col justify-center gap-3 ${wide ? 'flex-[1.4]' : 'flex-1'}`}>{children}</div>
);

/** What goes between them. It moves while the page lives, unless the reader wants stillness. */
const Way = () => (
  <div
    aria-hidden
    className="relative my-auto h-px w-12 shrink-0 border-t border-dashed border-edge max-narrow:mx-auto max-narrow:h-6 max-narrow:w-px max-narrow:border-s max-narrow:border-t-0"
  >
    <span className="pulse-soft absolute -top-0.75 start-1/2 size-1.5 -translate-x-1/2 rounded-full bg-live-bar max-narrow:start-0 max-narrow:top-1/2" />
  </div>
);

interface BoxProps {
  readonly Icon: LucideIcon;
  readonly title: ReactNode;
  readonly part: Part;
  readonly children?: ReactNode;
}

function Box({ Icon, title, part, children }: BoxProps) {
  const edge = part.state === 'bad' ? 'border-bad' : part.state === 'warn' ? 'border-warn' : 'border-line-strong';
  return (
    <section className={`min-w-0 rounded-lg border ${edge} bg-raised px-3 py-2.5`}>
      <header className="flex items-center gap-2">
        <Icon aria-hidden className="size-4 shrink-0 text-ink-soft" />
        <h3 className="min-w-0 flex-1 truncate font-medium">{title}</h3>
        <StateMark state={part.state} />
      </header>
      {part.reason !== undefined && <p className="foreign mt-1.5 text-xs text-bad">{part.reason}</p>}
      {children !== undefined && <div className="mt-1.5 text-xs text-ink-soft">{children}</div>}
    </section>
  );
}

function Gateway({ ready }: { ready: Ready | null | undefined }) {
  const text = useText();
  const part = partOf(ready, 'accepting');
  return (
    <Box Icon={DoorOpen} title={text('health.gateway')} part={part}>
      {text(part.state === 'unknown' ? 'health.gatewayUnknown' : 'health.gatewayHint')}
    </Box>
  );
}

function Process({ node, health, ready }: { node: Health['nodes'][number]; health: Health; ready: Ready | null | undefined }) {
  const text = useText();
  const { id, release, shards, leaving, seenAt } = node;
  const share = health.shards.total === 0 ? 0 : shards / health.shards.total;
  const own = id === health.node;
  // Of the others only the database tells.
  const part: Part = leaving ? { state: 'warn', reason: text('health.leaving') } : own ? partOf(ready, 'flow.shards') : { state: 'good' };
  return (
    <Box Icon={Cpu} title={<bdi title={id}>{id}</bdi>} part={part}>
      <div className="flex items-center justify-between gap-2">
        <span>{text('health.shards', { count: shards, total: health.shards.total })}</span>
        <span>
          {release ?? text('health.oldRelease')} · <RelativeTime at={seenAt} />
        </span>
      </div>
      <div aria-hidden className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-hover">
        <div className="h-full rounded-full bg-accent-fill" style={{ width: `${share * 100}%` }} />
      </div>
    </Box>
  );
}

function Store({ health, ready }: { health: Health; ready: Ready | null | undefined }) {
  const text = useText();
  const formats = useFormats();
  const [database, room] = [partOf(ready, 'database'), partOf(ready, 'room')];
  const known = database.state === 'unknown' ? { ...room, state: 'good' as const } : { ...room, ...database };
  const { commit } = health.figures;
  return (
    <Box
      Icon={Database}
      title={text('health.database')}
      part={{ ...known, state: worst([known.state, room.state]), ...(room.reason !== undefined && { reason: room.reason }) }}
    >
      {commit === undefined
        ? text('health.noCommits')
        : text('health.commits', { count: commit.count, p50: formats.duration(commit.p50Ms), window: formats.duration(commit.windowSeconds * 1_000) })}
    </Box>
  );
}

function Canary({ health, ready }: { health: Health; ready: Ready | null | undefined }) {
  const text = useText();
  if (health.canary === undefined) return null;
  const { lastSuccessAt, runs, failed } = health.canary;
  const part = partOf(ready, 'canary');
  const state = part.state === 'unknown' && lastSuccessAt !== undefined ? ('good' as const) : part.state;
  return (
    <Box Icon={Bird} title={text('health.canary')} part={{ ...part, state }}>
      {lastSuccessAt === undefined ? text('health.canaryNone') : text('health.canaryLast')} {lastSuccessAt !== undefined && <RelativeTime at={lastSuccessAt} />}
      {runs > 0 && <> · {text('health.canaryRuns', { count: runs, failed })}</>}
    </Box>
  );
}
