'use client';
// The run as a whole: why it failed or what it waits for first, then what is to be known of it.
import ArrowRight from 'lucide-react/icons/arrow-right';
import OctagonAlert from 'lucide-react/icons/octagon-alert';
import RotateCw from 'lucide-react/icons/rotate-cw';
import Link from 'next/link';
import { useMay } from '../../api/me.ts';
import type { RunDetail } from '../../api/runs.ts';
import { Button } from '../../design/button.tsx';
import { Elapsed } from '../../design/duration.tsx';
import { IdText } from '../../design/id-text.tsx';
import { StatusBadge } from '../../design/status-badge.tsx';
import { ValueTree } from '../../design/value-tree.tsx';
import { plainText } from '../../design/value-rows.ts';
import { useFormats, useText } from '../../language/language.tsx';
import { AttemptsList } from './attempts-list.tsx';
import { Fact, Facts, Part } from './facts.tsx';
import { FaultView } from './fault-view.tsx';
import { Moment } from './moment.tsx';
import type { RunTree } from './tree-shape.ts';
import { useVerbs } from './run-verbs.tsx';
import type { Fault } from './step-node.ts';
import { WaitingList } from './waiting-list.tsx';

interface RunOverviewProps {
  readonly run: RunDetail;
  readonly tree: RunTree;
  onSelect(id: number): void;
}

export function RunOverview({ run, tree, onSelect }: RunOverviewProps) {
  const text = useText();
  return (
    <>
      {run.quarantine !== undefined && (
        <Part title={text('run.setAside')}>
          <p className="flex items-start gap-2 rounded-md bg-bad-wash px-2.5 py-2 text-bad">
            <OctagonAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
            <span className="foreign">{plainText(run.quarantine.reason)}</span>
          </p>
          <p className="mt-1.5 text-ink-soft">{text('run.setAsideNext')}</p>
        </Part>
      )}
      {run.failure !== undefined && <FailurePart run={run} failure={run.failure} tree={tree} onSelect={onSelect} />}
      {run.failure === undefined && run.error !== undefined && (
        <Part title={text('run.value.error')}>
          <FaultView fault={run.error as Fault} />
        </Part>
      )}
      {run.waitingFor.length > 0 && (
        <Part title={text('run.waitsFor')}>
          <WaitingList waits={run.waitingFor} />
        </Part>
      )}
      <RunFacts run={run} tree={tree} />
      {run.output !== undefined && (
        <Part title={text('run.value.output')}>
          <ValueTree value={run.output} label={text('run.value.output')} openLevels={1} />
        </Part>
      )}
    </>
  );
}

function FailurePart({ run, failure, tree, onSelect }: RunOverviewProps & { readonly failure: NonNullable<RunDetail['failure']> }) {
  const text = useText();
  const verbs = useVerbs();
  const mayControl = useMay('run.control');
  const failed = [...tree.nodes.values()].findLast(({ pointer, end, past }) => pointer === failure.step && end === 'failed' && !past);
  return (
    <Part title={text('run.whyFailed')}>
      <FaultView fault={(run.error as Fault | undefined) ?? { type: 'runtime', status: 500, detail: failure.cause }} />
      <div className="my-2 flex flex-wrap gap-2">
        {failed !== undefined && (
          <Button icon={<ArrowRight aria-hidden className="size-3.5 rtl:-scale-x-100" />} onClick={() => onSelect(failed.id)}>
            <span className="foreign">{text('run.showStep', { step: failure.name })}</span>
          </Button>
        )}
        {mayControl && (
          <Button tone="primary" icon={<RotateCw aria-hidden className="size-3.5" />} onClick={() => verbs.ask({ kind: 'retry', node: undefined })}>
            {text('run.verb.retryFailed')}
          </Button>
        )}
      </div>
      <Facts>
        <Fact name={text('run.place')}>
          <code className="font-mono text-xs">{failure.step}</code>
          {failure.line !== undefined && <span className="text-ink-soft"> {text('run.line', { line: String(failure.line) })}</span>}
        </Fact>
        {failure.child !== undefined && (
          <Fact name={text('run.child')}>
            <Link href={`/runs/${failure.child.id}`} className="rounded-sm text-accent hover:underline">
              <code className="font-mono text-xs">{failure.child.id}</code>
            </Link>
          </Fact>
        )}
      </Facts>
      {failure.attempts.length > 1 && (
        <AttemptsList
          attempts={failure.attempts.map(({ attempt, startedAt, endedAt, error }) => ({
            number: attempt,
            fromMs: Date.parse(startedAt),
            toMs: endedAt === undefined ? undefined : Date.parse(endedAt),
            error,
          }))}
        />
      )}
    </Part>
  );
}

function RunFacts({ run, tree }: Pick<RunOverviewProps, 'run' | 'tree'>) {
  const text = useText();
  const formats = useFormats();
  const { history, nearLimits = [] } = run;
  return (
    <Part title={text('run.facts')}>
      <Facts>
        <Fact name={text('run.status')}>
          <StatusBadge status={run.status} />
        </Fact>
        <Fact name={text('run.started')}>
          {formats.date(new Date(run.startedAt))}, <Moment ms={Date.parse(run.startedAt)} />
        </Fact>
        {run.endedAt !== undefined && (
          <Fact name={text('run.ended')}>
            {formats.date(new Date(run.endedAt))}, <Moment ms={Date.parse(run.endedAt)} />
          </Fact>
        )}
        <Fact name={text('run.duration')}>
          <Elapsed from={run.startedAt} to={run.endedAt} />
        </Fact>
        <Fact name={text('run.steps')}>{formats.number(tree.steps)}</Fact>
        <Fact name={text('run.events')}>
          {formats.number(run.lastSeq)}
          {history.firstSeq > 1 && <span className="text-ink-faint"> {text('run.keptFrom', { seq: formats.number(history.firstSeq) })}</span>}
        </Fact>
        <Fact name={text('run.environment')}>{run.environment}</Fact>
        <Fact name={text('run.trigger')}>
          {run.trigger === undefined ? text('run.triggerNone') : <code className="font-mono text-xs">{plainText(run.trigger)}</code>}
        </Fact>
        {run.parent !== undefined && <RunLink name={text('run.parent')} id={run.parent} />}
        {run.forkOf !== undefined && <RunLink name={text('run.forkOf')} id={run.forkOf} />}
        <Fact name={text('run.id')}>
          <IdText id={run.id} />
        </Fact>
        {nearLimits.map(({ name, used, limit, unit, setting }) => (
          <Fact key={name} name={text('run.nearLimit')}>
            <span className="text-warn">{text('run.nearLimitOf', { used: formats.number(used), limit: formats.number(limit), unit })}</span>{' '}
            <code className="font-mono text-2xs text-ink-faint">{setting}</code>
          </Fact>
        ))}
      </Facts>
    </Part>
  );
}

const RunLink = ({ name, id }: { name: string; id: string }) => (
  <Fact name={name}>
    <Link href={`/runs/${id}`} className="rounded-sm text-accent hover:underline">
      <code className="font-mono text-xs">{id}</code>
    </Link>
  </Fact>
);
