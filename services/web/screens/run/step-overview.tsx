'use client';
// One step: what it did in a sentence, when, its attempts, the act behind it, and what can be done from here.
import GitFork from 'lucide-react/icons/git-fork';
import RotateCw from 'lucide-react/icons/rotate-cw';
import Scale from 'lucide-react/icons/scale';
import Link from 'next/link';
import { useMay } from '../../api/me.ts';
import { hasEnded, type RunDetail } from '../../api/runs.ts';
import { Badge } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { IdText } from '../../design/id-text.tsx';
import { plainText } from '../../design/value-rows.ts';
import { useFormats, useText, type Text } from '../../language/language.tsx';
import { AttemptsList } from './attempts-list.tsx';
import { Fact, Facts, Part } from './facts.tsx';
import { FaultView } from './fault-view.tsx';
import { Moment } from './moment.tsx';
import { useVerbs } from './run-verbs.tsx';
import { StepIcon, STANDINGS } from './step-looks.tsx';
import { standingOf } from './standing.ts';
import type { Effect, StepNode } from './step-node.ts';
import { EffectBadge, nameOf } from './step-row.tsx';
import { stepKind } from './step-words.ts';
import { WaitingList } from './waiting-list.tsx';

interface StepOverviewProps {
  readonly run: RunDetail;
  readonly node: StepNode;
  /** The node changes in place. */
  readonly version: number;
  onSelect(id: number): void;
}

export function StepOverview({ run, node, onSelect }: StepOverviewProps) {
  const text = useText();
  const waits = run.waitingFor.filter(({ step }) => step !== '' && step === node.pointer);
  return (
    <>
      <Part title={<Head run={run} node={node} />}>
        <p className="text-md">{sentence(node, text)}</p>
        {node.past && <p className="mt-1 text-ink-soft">{text('run.pastHint')}</p>}
        {node.fault !== undefined && (
          <div className="mt-2">
            <FaultView fault={node.fault} mild={node.caught} />
            {node.caught && <p className="mt-1 text-xs text-ink-soft">{text('run.caughtHint')}</p>}
          </div>
        )}
        {node.handled !== undefined && (
          <div className="mt-2">
            <FaultView fault={node.handled} mild />
          </div>
        )}
        <StepVerbs run={run} node={node} />
      </Part>
      {waits.length > 0 && node.end === undefined && (
        <Part title={text('run.waitsFor')}>
          <WaitingList waits={waits} />
        </Part>
      )}
      {node.effect !== undefined && node.kind === 'call' && <EffectPart effect={node.effect} />}
      <Times node={node} />
      {node.attempts.length > 1 && (
        <Part title={text('run.attempts')}>
          <AttemptsList
            attempts={node.attempts.map((one) => ({
              ...one,
              error: one.fault === undefined ? undefined : (one.fault.detail ?? one.fault.title ?? one.fault.type),
            }))}
          />
        </Part>
      )}
      {node.parent !== undefined && node.parent.role !== 'run' && node.parent.role !== 'list' && (
        <Part title={text('run.inside')}>
          <Button tone="quiet" className="max-w-full text-accent" onClick={() => onSelect(node.parent?.id ?? 0)}>
            <bdi className="truncate">{nameOf(node.parent, text, run.flow)}</bdi>
          </Button>
        </Part>
      )}
    </>
  );
}

function Head({ run, node }: { run: RunDetail; node: StepNode }) {
  const text = useText();
  const standing = standingOf(node);
  const look = STANDINGS[standing];
  return (
    <span className="flex min-w-0 items-center gap-2">
      <StepIcon node={node} className="size-4" />
      <bdi className="truncate text-md font-semibold text-ink">{nameOf(node, text, run.flow)}</bdi>
      <span className={`inline-flex items-center gap-1 ${look.ink}`}>
        <look.Icon aria-hidden className="size-3.5" />
        {text(`run.standing.${standing}`)}
      </span>
    </span>
  );
}

/** What the step does, by its kind. */
function sentence(node: StepNode, text: Text): string {
  const { kind, effect, items, child, listens, role, chosen } = node;
  if (role === 'lap') return text('run.says.lap', { number: node.number ?? 0 });
  if (role === 'attempt') return text('run.says.attempt', { number: node.number ?? 0 });
  if (role === 'handler') return text('run.says.handler');
  if (kind === '') return text('run.says.unknown');
  if (node.end === 'skipped') return text('run.says.skipped');
  if (kind === 'call' && effect !== undefined) return text('run.says.callOf', { called: plainText(effect.called) });
  if (kind === 'for' && items !== undefined) return text('run.says.forOf', { count: items });
  if (kind === 'map' && items !== undefined && role !== 'child') return text('run.says.mapOf', { count: items });
  if (kind === 'listen' && listens.length > 0) return text('run.says.listenOf', { events: listens.map(plainText).join(', ') });
  if (kind === 'switch' && chosen !== undefined) return chosen === null ? text('run.says.switchNone') : text('run.says.switchOf', { way: plainText(chosen) });
  if (role === 'child' && child !== undefined) return text('run.says.run');
  return text(`run.says.${stepKind(kind)}`);
}

function StepVerbs({ run, node }: { run: RunDetail; node: StepNode }) {
  const text = useText();
  const verbs = useVerbs();
  const mayControl = useMay('run.control');
  const { role, end, child, effect, pointer } = node;
  // A step inside of a loop has no place that one could go back to by its pointer alone.
  const mayGoBack = mayControl && role === 'step' && pointer !== '' && node.inputSeq !== undefined;
  return (
    <div className="mt-2 flex flex-wrap gap-2 empty:hidden">
      {child !== undefined && (
        <Link
          href={`/runs/${child}`}
          className="inline-flex h-control items-center rounded-md border border-line-strong bg-raised px-2.5 text-sm font-medium hover:bg-hover"
        >
          {text('run.openChild')}
        </Link>
      )}
      {mayControl && end === undefined && effect?.state === 'in-doubt' && (
        <Button
          tone="primary"
          icon={<Scale aria-hidden className="size-3.5" />}
          onClick={() => verbs.ask({ kind: 'resolve', effectKey: effect.key, step: node.name, doubt: effect.doubt })}
        >
          {text('run.settle')}
        </Button>
      )}
      {mayGoBack && (hasEnded(run.status) || run.status === 'waiting' || run.status === 'quarantined') && (
        <Button icon={<RotateCw aria-hidden className="size-3.5" />} onClick={() => verbs.ask({ kind: 'retry', node })}>
          {text('run.verb.retryHere')}
        </Button>
      )}
      {mayGoBack && (
        <Button icon={<GitFork aria-hidden className="size-3.5" />} onClick={() => verbs.ask({ kind: 'fork', node })}>
          {text('run.verb.forkHere')}
        </Button>
      )}
    </div>
  );
}

function EffectPart({ effect }: { effect: Effect }) {
  const text = useText();
  const { key, state, how, doubt } = effect;
  const kind = (['read', 'idempotent', 'unique', 'irreversible'] as const).find((one) => one === effect.class);
  return (
    <Part title={text('run.act')}>
      <Facts>
        <Fact name={text('run.actClass')}>
          <span className="inline-flex flex-wrap items-center gap-1.5">
            {kind === undefined ? effect.class : <Badge>{text(`run.class.${kind}`)}</Badge>}
            <EffectBadge effect={effect} all />
          </span>
          {kind !== undefined && <p className="mt-0.5 text-xs text-ink-soft">{text(`run.classHint.${kind}`)}</p>}
        </Fact>
        {state === 'in-doubt' && doubt !== undefined && <Fact name={text('run.resolve.why')}>{plainText(doubt)}</Fact>}
        {how !== undefined && how !== 'performed' && <Fact name={text('run.actHow')}>{text(`run.how.${howWord(how)}`)}</Fact>}
        <Fact name={text('run.effectKey')}>
          <IdText id={key} />
        </Fact>
      </Facts>
    </Part>
  );
}

const howWord = (how: string): 'verified' | 'resolved' | 'ledger' | 'dry' => (how === 'verified' || how === 'resolved' || how === 'ledger' ? how : 'dry');

function Times({ node }: { node: StepNode }) {
  const text = useText();
  const formats = useFormats();
  const waitedMs = node.waits.reduce((sum, { kind, fromMs, toMs }) => (kind === 'ended' || toMs === undefined ? sum : sum + toMs - fromMs), 0);
  const due = node.waits.find(({ toMs, untilMs }) => toMs === undefined && untilMs !== undefined)?.untilMs;
  return (
    <Part title={text('run.times')}>
      <Facts>
        <Fact name={text('run.began')}>
          <Moment ms={node.fromMs} />
        </Fact>
        {node.toMs !== undefined && (
          <>
            <Fact name={text('run.ended')}>
              <Moment ms={node.toMs} />
            </Fact>
            <Fact name={text('run.took')}>{formats.duration(node.toMs - node.fromMs)}</Fact>
          </>
        )}
        {waitedMs > 0 && <Fact name={text('run.waited')}>{formats.duration(waitedMs)}</Fact>}
        {due !== undefined && (
          <Fact name={text('run.until')}>
            <Moment ms={due} />
          </Fact>
        )}
        {node.pointer !== '' && (
          <Fact name={text('run.place')}>
            <code className="font-mono text-xs">{plainText(node.pointer)}</code>
          </Fact>
        )}
      </Facts>
    </Part>
  );
}
