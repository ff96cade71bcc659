'use client';
// The page of one run: its steps over time, and the inspector beside them. What is chosen stands in the address.
import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { hasEnded, runQuery, type RunDetail } from '../../api/runs.ts';
import { useAddressState } from '../../design/address-state.ts';
import { ProblemView } from '../../design/problem-view.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { SplitPane } from '../../design/split-pane.tsx';
import { useCrumbs } from '../../frame/crumbs.tsx';
import { shortId } from '../../design/id-text.tsx';
import { useText } from '../../language/language.tsx';
import { useCommands, type Command } from '../../palette/commands.tsx';
import { Inspector, PANELS, type Panel } from './inspector.tsx';
import { useNeighbours } from './neighbours.ts';
import { RunHeader } from './run-header.tsx';
import { RunVerbs } from './run-verbs.tsx';
import type { StepNode } from './step-node.ts';
import { StepsView } from './steps-view.tsx';
import { useRunHistory, type RunHistory } from './use-run-history.ts';

const AGAIN_MS = 5_000;
const ADDRESS_MS = 150;
const ADDRESS = ['step', 'panel'] as const;

export function Run({ id }: { id: string }) {
  const {
    data: run,
    error,
    refetch,
  } = useQuery({
    ...runQuery(id),
    // What it waits for changes with time alone, too.
    refetchInterval: ({ state }) => (state.data !== undefined && hasEnded(state.data.status) ? false : AGAIN_MS),
  });
  useCrumbs(useMemo(() => [{ title: run === undefined ? shortId(id) : `${run.flow} ${shortId(id)}` }], [id, run]));
  // Asked for beside the run, and not behind it.
  const history = useRunHistory(id, run);
  if (run === undefined) return error === null ? <SkeletonRows count={12} /> : <ProblemView heading="h1" problem={error} onRetry={() => void refetch()} />;
  return (
    <RunVerbs run={run}>
      <RunPage key={id} run={run} history={history} />
    </RunVerbs>
  );
}

function RunPage({ run, history: { tree, version, loaded, problem } }: { run: RunDetail; history: RunHistory }) {
  const router = useRouter();
  const neighbours = useNeighbours(run.id);
  const [address, setAddress] = useAddressState(ADDRESS);
  const [chosenId, selectId] = useChosen(address.step, setAddress);
  const node = tree.nodes.get(chosenId) ?? tree.root;
  const panel = PANELS.find((one) => one === address.panel) ?? 'overview';
  const inspector = useRef<HTMLDivElement>(null);
  const narrow = useIsNarrow();
  const select = useCallback((chosen: StepNode) => selectId(chosen.id), [selectId]);
  const showPanel = useCallback((next: Panel) => setAddress({ panel: next === 'overview' ? undefined : next }), [setAddress]);
  const go = useCallback((id: string) => router.push(`/runs/${id}`), [router]);
  useRunCommands(neighbours, go);
  const enter = (): void => inspector.current?.querySelector<HTMLElement>('[role="tab"][data-state="active"]')?.focus();
  return (
    <>
      <RunHeader run={run} neighbours={neighbours} node={node} onGo={go} />
      <SplitPane
        name={narrow ? 'run-narrow' : 'run'}
        direction={narrow ? 'column' : 'row'}
        share={narrow ? 0.55 : 0.64}
        first={
          problem !== undefined && tree.seq === 0 ? (
            <ProblemView problem={problem} onRetry={() => window.location.reload()} />
          ) : tree.seq === 0 && !loaded ? (
            <SkeletonRows count={10} />
          ) : (
            <StepsView
              tree={tree}
              version={version}
              runName={run.flow}
              selected={node}
              endedMs={loaded || run.endedAt === undefined ? undefined : Date.parse(run.endedAt)}
              onSelect={select}
              onEnter={enter}
            />
          )
        }
        second={
          <div ref={inspector} className="flex min-h-0 flex-1 flex-col">
            <Inspector run={run} tree={tree} version={version} node={node} panel={panel} onPanel={showPanel} onSelect={selectId} />
          </div>
        }
      />
    </>
  );
}

/** The line that is chosen: at once here, so that a key that is held moves on, and soon after in the address. */
function useChosen(step: string | undefined, setAddress: (change: { step: string | undefined }) => void): readonly [number, (id: number) => void] {
  const told = /^\d{1,9}$/.test(step ?? '') ? Number(step) : 0;
  const [state, setState] = useState({ told, chosen: told });
  if (state.told !== told) setState({ told, chosen: told });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const choose = useCallback(
    (id: number) => {
      setState((before) => ({ ...before, chosen: id }));
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setAddress({ step: id === 0 ? undefined : String(id) }), ADDRESS_MS);
    },
    [setAddress],
  );
  return [state.chosen, choose];
}

function useRunCommands({ previous, next }: { readonly previous: string | undefined; readonly next: string | undefined }, go: (id: string) => void): void {
  const text = useText();
  useCommands(
    useMemo<readonly Command[]>(() => {
      const group = text('run.group');
      const to = (id: string, title: string, keys: string, run: string | undefined): Command => ({
        id,
        title,
        group,
        keys,
        run: () => run !== undefined && go(run),
      });
      return [to('run previous', text('run.previous'), '[', previous), to('run next', text('run.next'), ']', next)];
    }, [text, previous, next, go]),
  );
}

const NARROW = '(max-width: 56rem)';
const watchWidth = (watcher: () => void): (() => void) => {
  const query = window.matchMedia(NARROW);
  query.addEventListener('change', watcher);
  return () => query.removeEventListener('change', watcher);
};
/** No room for two panes beside each other: one below the other. */
const useIsNarrow = (): boolean =>
  useSyncExternalStore(
    watchWidth,
    () => window.matchMedia(NARROW).matches,
    () => false,
  );
