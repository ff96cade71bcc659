'use client';
// What the reconciler found broken: mended by itself, or for a person to look at.
import CircleCheck from 'lucide-react/icons/circle-check';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import Wrench from 'lucide-react/icons/wrench';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { breachesQuery, type Breach } from '../../api/health.ts';
import { useMay } from '../../api/me.ts';
import { Badge } from '../../design/badge.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { useText } from '../../language/language.tsx';
import { Panel } from '../home/panel.tsx';

export function Breaches() {
  const text = useText();
  const { data, error } = useQuery({ ...breachesQuery, enabled: useMay('run.read') });
  return (
    <Panel title={text('health.broken')}>
      {data === undefined && error !== null && (
        <div className="px-3">
          <ProblemLine problem={error} />
        </div>
      )}
      {data === undefined && error === null && <SkeletonRows count={1} />}
      {data?.length === 0 && (
        <p className="flex items-center gap-2 px-3 py-2.5 text-ink-soft">
          <CircleCheck aria-hidden className="size-4 text-good" /> {text('health.brokenNone')}
        </p>
      )}
      <ul className="max-h-72 overflow-y-auto">
        {data?.map((breach) => (
          <BreachRow key={`${breach.tenant} ${breach.invariant} ${breach.subject}`} breach={breach} />
        ))}
      </ul>
    </Panel>
  );
}

function BreachRow({ breach }: { breach: Breach }) {
  const text = useText();
  const { invariant, number, subject, outcome, text: told, lastAt, times } = breach;
  const mended = outcome === 'repaired';
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2 last:border-0">
      <Badge tone={mended ? 'idle' : 'bad'} icon={mended ? <Wrench aria-hidden /> : <TriangleAlert aria-hidden />}>
        {text(mended ? 'health.mended' : 'health.toLookAt')}
      </Badge>
      <span className="min-w-0 flex-1 basis-64">
        <span className="foreign">{told}</span>{' '}
        {subject.startsWith('run_') ? (
          <Link href={`/runs/${subject}`} className="font-mono text-xs text-accent hover:underline">
            {subject}
          </Link>
        ) : (
          <code className="foreign font-mono text-xs text-ink-soft">{subject}</code>
        )}
      </span>
      <span className="text-xs text-ink-faint">
        {invariant} ({number}) · {text('health.times', { count: times })} · <RelativeTime at={lastAt} />
      </span>
    </li>
  );
}
