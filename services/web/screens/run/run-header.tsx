'use client';
// The head of a run: which flow, how it stands, since when, where it comes from, and what can be done.
import ArrowDown from 'lucide-react/icons/arrow-down';
import ArrowUp from 'lucide-react/icons/arrow-up';
import CirclePause from 'lucide-react/icons/circle-pause';
import CirclePlay from 'lucide-react/icons/circle-play';
import CircleStop from 'lucide-react/icons/circle-stop';
import Ellipsis from 'lucide-react/icons/ellipsis';
import GitFork from 'lucide-react/icons/git-fork';
import RotateCw from 'lucide-react/icons/rotate-cw';
import Send from 'lucide-react/icons/send';
import Terminal from 'lucide-react/icons/terminal';
import Link from 'next/link';
import { useMay } from '../../api/me.ts';
import { hasEnded, type RunDetail } from '../../api/runs.ts';
import { Button } from '../../design/button.tsx';
import { copyText } from '../../design/copy-button.tsx';
import { Elapsed } from '../../design/duration.tsx';
import { IconButton } from '../../design/icon-button.tsx';
import { IdText } from '../../design/id-text.tsx';
import { Menu, MenuItem, MenuLine } from '../../design/menu.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { StatusBadge } from '../../design/status-badge.tsx';
import { showToast } from '../../design/toast.tsx';
import { plainText } from '../../design/value-rows.ts';
import { useText } from '../../language/language.tsx';
import type { Neighbours } from './neighbours.ts';
import { useVerbs } from './run-verbs.tsx';
import type { StepNode } from './step-node.ts';

export function RunHeader({ run, neighbours, node, onGo }: { run: RunDetail; neighbours: Neighbours; node: StepNode; onGo: (id: string) => void }) {
  const text = useText();
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line bg-panel px-4 py-2">
      <div className="flex items-center">
        <IconButton
          small
          label={text('run.previous')}
          keys="["
          icon={<ArrowUp aria-hidden className="size-4" />}
          disabled={neighbours.previous === undefined}
          onClick={() => neighbours.previous !== undefined && onGo(neighbours.previous)}
        />
        <IconButton
          small
          label={text('run.next')}
          keys="]"
          icon={<ArrowDown aria-hidden className="size-4" />}
          disabled={neighbours.next === undefined}
          onClick={() => neighbours.next !== undefined && onGo(neighbours.next)}
        />
      </div>
      <h1 className="flex min-w-0 items-baseline gap-2">
        <Link href={`/flows/${run.flow}`} className="foreign truncate rounded-sm text-md font-semibold hover:underline">
          {run.flow}
        </Link>
        <span className="foreign text-xs text-ink-faint">@{run.version}</span>
      </h1>
      <StatusBadge status={run.status} />
      <p className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-0.5 text-xs text-ink-soft">
        <RelativeTime at={run.startedAt} />
        <span className="tabular-nums">
          <Elapsed from={run.startedAt} to={run.endedAt} />
        </span>
        <IdText id={run.id} short />
        {run.environment !== 'default' && <bdi>{run.environment}</bdi>}
        {run.trigger !== undefined && <code className="max-w-60 truncate font-mono text-2xs">{plainText(run.trigger)}</code>}
        {run.parent !== undefined && (
          <Link href={`/runs/${run.parent}`} className="rounded-sm text-accent hover:underline">
            {text('run.parent')}
          </Link>
        )}
        {run.forkOf !== undefined && (
          <Link href={`/runs/${run.forkOf}`} className="inline-flex items-center gap-1 rounded-sm text-accent hover:underline">
            <GitFork aria-hidden className="size-3" />
            {text('run.forkOf')}
          </Link>
        )}
      </p>
      <div className="ms-auto flex items-center gap-1.5">
        <RunActions run={run} node={node} />
      </div>
    </header>
  );
}

function RunActions({ run, node }: { run: RunDetail; node: StepNode }) {
  const text = useText();
  const verbs = useVerbs();
  const mayControl = useMay('run.control');
  const maySignal = useMay('run.signal');
  const ended = hasEnded(run.status);
  const failed = run.status === 'failed' || run.status === 'quarantined';
  const step = node.role === 'step' && node.inputSeq !== undefined ? node : undefined;
  return (
    <>
      {mayControl && failed && (
        <Button tone="primary" icon={<RotateCw aria-hidden className="size-3.5" />} onClick={() => verbs.ask({ kind: 'retry', node: undefined })}>
          {text('run.verb.retry')}
        </Button>
      )}
      {maySignal && !ended && run.waitingFor.some(({ kind }) => kind === 'signal') && (
        <Button tone="primary" icon={<Send aria-hidden className="size-3.5" />} onClick={() => verbs.ask({ kind: 'signal', name: undefined })}>
          {text('run.verb.signal')}
        </Button>
      )}
      {mayControl && run.status === 'paused' && (
        <Button tone="primary" icon={<CirclePlay aria-hidden className="size-3.5" />} onClick={verbs.resume}>
          {text('run.verb.resume')}
        </Button>
      )}
      <Menu label={text('run.actions')} button={<IconButton label={text('run.actions')} icon={<Ellipsis aria-hidden className="size-4" />} />}>
        {maySignal && !ended && (
          <MenuItem icon={<Send aria-hidden className="size-4" />} onSelect={() => verbs.ask({ kind: 'signal', name: undefined })}>
            {text('run.verb.signalAsk')}
          </MenuItem>
        )}
        {mayControl && (run.status === 'running' || run.status === 'waiting') && (
          <MenuItem icon={<CirclePause aria-hidden className="size-4" />} onSelect={verbs.pause}>
            {text('run.verb.pause')}
          </MenuItem>
        )}
        {mayControl && step !== undefined && (
          <MenuItem icon={<GitFork aria-hidden className="size-4" />} onSelect={() => verbs.ask({ kind: 'fork', node: step })}>
            <span className="foreign">{text('run.verb.forkAt', { step: plainText(step.name) })}</span>
          </MenuItem>
        )}
        <MenuItem
          icon={<Terminal aria-hidden className="size-4" />}
          onSelect={() => {
            void copyText(`palace get run ${run.id}`).then((copied) => copied && showToast({ title: text('run.did.copyCommand') }));
          }}
        >
          {text('run.verb.copyCommand')}
        </MenuItem>
        {mayControl && !ended && (
          <>
            <MenuLine />
            <MenuItem danger icon={<CircleStop aria-hidden className="size-4" />} onSelect={() => verbs.ask({ kind: 'cancel' })}>
              {text('run.verb.cancelAsk')}
            </MenuItem>
          </>
        )}
      </Menu>
    </>
  );
}
