'use client';
// The steps of a run: the tree and, line by line beside it, the time axis.
import { useEffect, useMemo, useRef, useState, type CSSProperties, type Dispatch, type SetStateAction } from 'react';
import { EmptyState } from '../../design/empty-state.tsx';
import { useText } from '../../language/language.tsx';
import { AxisHead } from './axis-head.tsx';
import { AxisLines } from './axis-lines.tsx';
import type { RunTree } from './tree-shape.ts';
import type { StepNode } from './step-node.ts';
import { StepRows } from './step-rows.tsx';
import { StepsToolbar } from './steps-toolbar.tsx';
import { ancestors, treeRows, type RowState } from './tree-rows.ts';
import { TreeEdge, useTreeWidth } from './tree-edge.tsx';
import { useClock } from './use-clock.ts';
import { useSight } from './use-sight.ts';

const TICK_MS = 250;

export interface StepsViewProps {
  readonly tree: RunTree;
  readonly version: number;
  readonly runName: string;
  readonly selected: StepNode;
  /** The run has ended, though its history is still being read: time stands still. */
  readonly endedMs: number | undefined;
  onSelect(node: StepNode): void;
  /** To the inspector. */
  onEnter(): void;
}

const CLOSED: RowState = { turned: new Map(), all: undefined, errorsOnly: false, search: '' };

export function StepsView({ tree, version, runName, selected, endedMs, onSelect, onEnter }: StepsViewProps) {
  const text = useText();
  const [state, setState] = useState(CLOSED);
  const { root } = tree;
  const rows = useMemo(() => treeRows(root, state, version), [root, state, version]);
  const width = useTreeWidth();
  const goesOn = root.end === undefined && endedMs === undefined;
  const clockMs = useClock(goesOn, TICK_MS, tree.lastMs);
  const nowMs = endedMs ?? clockMs;
  const sight = useSight(root.fromMs, root.toMs ?? nowMs);
  const filtered = state.errorsOnly || state.search !== '';
  useReveal(selected, !filtered && !rows.some(({ node }) => node === selected), setState);
  return (
    <section aria-label={text('run.steps')} style={{ '--tree': width.track } as CSSProperties} className="relative flex min-h-0 flex-1 flex-col bg-panel">
      <StepsToolbar tree={tree} version={version} state={state} onChange={setState} sight={sight} shown={rows.length} />
      <AxisHead rows={rows} sight={sight} startMs={root.fromMs} nowMs={nowMs} version={version} />
      <StepRows
        rows={rows}
        version={version}
        runName={runName}
        selected={selected}
        sight={sight}
        nowMs={nowMs}
        onSelect={onSelect}
        onTurn={(node, open) => setState((before) => ({ ...before, turned: new Map(before.turned).set(node.id, open) }))}
        onEnter={onEnter}
      >
        <AxisLines sight={sight} startMs={root.fromMs} nowMs={goesOn ? nowMs : undefined} waits={root.waits} />
      </StepRows>
      {rows.length === 1 && filtered && (
        <div className="absolute inset-x-0 top-40">
          <EmptyState title={text(state.search === '' ? 'run.noErrors' : 'run.nothingFound')} />
        </div>
      )}
      <TreeEdge width={width} />
    </section>
  );
}

/** What is chosen elsewhere (the address, a failure's link) is opened up to, once. */
function useReveal(selected: StepNode, hidden: boolean, setState: Dispatch<SetStateAction<RowState>>): void {
  const revealed = useRef<StepNode>(undefined);
  useEffect(() => {
    if (!hidden || revealed.current === selected) return;
    revealed.current = selected;
    setState((before) => ({ ...before, turned: new Map([...before.turned, ...ancestors(selected).map(({ id }) => [id, true] as const)]) }));
  }, [hidden, selected, setState]);
}
