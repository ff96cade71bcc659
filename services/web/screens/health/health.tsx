'use client';
// Health: what serves, as a picture; the figures that matter; what is held back or broken; what is stored; release and backups.
import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { haltsQuery } from '../../api/flows.ts';
import { healthQuery, readyQuery, type Health as HealthFacts, type Ready } from '../../api/health.ts';
import { PageHeader } from '../../design/page-header.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { useText } from '../../language/language.tsx';
import { Breaches } from './breaches.tsx';
import { Figures } from './figures.tsx';
import { HaltBar } from './halt-bar.tsx';
import { HoldButton } from './hold-button.tsx';
import { figuresOf, partOf, worst, type State } from './judge.ts';
import { Picture } from './picture.tsx';
import { ReleaseAndBackups } from './release.tsx';
import { StateMark } from './state-mark.tsx';

const Stored = dynamic(() => import('./stored.tsx').then((found) => found.Stored), { ssr: false, loading: () => <Skeleton className="h-64 w-full" /> });

export function Health() {
  const text = useText();
  const { data: health, error, refetch } = useQuery(healthQuery);
  const { data: ready } = useQuery(readyQuery);
  const { data: halts = [] } = useQuery(haltsQuery);
  const state = health === undefined ? undefined : overall(health, ready);
  // What works and is held back by a person does not "work" for whoever waits for it.
  const held = halts.some(({ scope }) => scope !== 'flow') && (state === 'good' || state === 'unknown');
  return (
    <>
      <PageHeader
        title={text('frame.place.health')}
        about={
          state === undefined ? (
            text('health.about')
          ) : (
            <span className="inline-flex items-center gap-1.5">
              <StateMark state={held ? 'warn' : state} quiet /> {text(`health.overall.${held ? 'held' : state}`)}
            </span>
          )
        }
        actions={<HoldButton />}
      />
      <div className="flex flex-col gap-4 px-4 pb-8">
        <HaltBar silence={health?.silence} />
        {health === undefined && error !== null && <ProblemView problem={error} onRetry={() => void refetch()} />}
        {health === undefined && error === null && <Skeleton className="h-56 w-full" />}
        {health !== undefined && (
          <>
            <Picture health={health} ready={ready} />
            <Figures health={health} />
          </>
        )}
        <Breaches />
        <Stored />
        {health !== undefined && <ReleaseAndBackups health={health} />}
      </div>
    </>
  );
}

function overall(health: HealthFacts, ready: Ready | null | undefined): State {
  const parts = ['accepting', 'flow.shards', 'room', 'canary', 'database'].map((name) => partOf(ready, name).state);
  const figures = Object.values(figuresOf(health)).map((figure) => figure.state);
  return worst([...parts, ...figures, health.silence === undefined ? 'good' : 'bad']);
}
