'use client';
// The steps of a run: the tree and, line by line beside it, the time axis. Only the lines in sight are in the page.
// I1 One stop for Tab: the tree has the focus and tells which line is meant. Its keys work wherever nobody writes, like those of a list.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { EmptyState } from '../../design/empty-state.tsx';
import { useText } from '../../language/language.tsx';
import { keysAreTaken } from '../../palette/shortcuts.ts';
import { AxisHead } from './axis-head.tsx';
import { AxisLines } from './axis-lines.tsx';
import type { RunTree } from './run-tree.ts';
import type { StepNode } from './step-node.ts';
import { StepRow } from './step-row.tsx';
import { StepsToolbar } from './steps-toolbar.tsx';
import { ancestors, rowMove, treeRows, type RowState } from './tree-rows.ts';
import { TreeEdge, useTreeWidth } from './tree-edge.tsx';
import { useClock } from './use-clock.ts';
import { useSight } from './use-sight.ts';

const ROW_PX = 30;
const AHEAD = 10;
const PAGE = 15;
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
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [state, setState] = useState(CLOSED);
  const { root } = tree;
  // The tree changes in place: `version` tells that there are other rows.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const rows = useMemo(() => treeRows(root, state), [root, state, version]);
  const width = useTreeWidth();
  const goesOn = root.end === undefined && endedMs === undefined;
  const clockMs = useClock(goesOn, TICK_MS, tree.lastMs);
  const nowMs = endedMs ?? clockMs;
  const sight = useSight(root.fromMs, root.toMs ?? nowMs);
  const at = rows.findIndex(({ node }) => node === selected);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: AHEAD });
  const items = virtual.getVirtualItems();
  const turn = (node: StepNode, open: boolean): void => setState((before) => ({ ...before, turned: new Map(before.turned).set(node.id, open) }));
  const press = (event: KeyEvent): boolean => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const move = rowMove(event.key, at, rows, PAGE);
    const row = rows[at];
    if (event.key === 'Enter' && row !== undefined) onEnter();
    else if (event.key === ' ' && row?.parent === true) turn(row.node, !row.open);
    else if (move.kind === 'turn' && row !== undefined) turn(row.node, move.open);
    else if (move.kind === 'go') {
      const to = rows[move.to];
      if (to !== undefined) onSelect(to.node);
      virtual.scrollToIndex(move.to);
    } else return false;
    event.preventDefault();
    return true;
  };
  usePageKeys(box, press);
  useReveal(selected, rows.length > 0 && at === -1, setState);
  return (
    <section aria-label={text('run.steps')} style={{ '--tree': width.track } as React.CSSProperties} className="relative flex min-h-0 flex-1 flex-col bg-panel">
      <StepsToolbar tree={tree} version={version} state={state} onChange={setState} sight={sight} shown={rows.length} />
      <AxisHead rows={rows} sight={sight} startMs={root.fromMs} nowMs={nowMs} version={version} />
      <div
        ref={box}
        role="tree"
        tabIndex={0}
        aria-label={text('run.steps')}
        aria-activedescendant={items.some(({ index }) => index === at) ? `${id}-${at}` : undefined}
        onKeyDown={(event) => {
          if (event.target === event.currentTarget) press(event);
        }}
        className="group/steps relative min-h-0 flex-1 overflow-x-hidden overflow-y-auto focus-visible:outline-offset-[-2px]"
      >
        <div role="presentation" style={{ height: virtual.getTotalSize() }} className="relative min-h-full">
          <AxisLines sight={sight} startMs={root.fromMs} nowMs={goesOn ? nowMs : undefined} waits={root.waits} />
          {items.map(({ index, start }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <StepRow
                key={row.node.id}
                id={`${id}-${index}`}
                row={row}
                top={start}
                selected={index === at}
                sight={sight.sight}
                nowMs={row.node.end === undefined ? nowMs : 0}
                version={version}
                runName={runName}
                onSelect={onSelect}
                onTurn={turn}
              />
            );
          })}
        </div>
        {rows.length === 1 && (state.errorsOnly || state.search !== '') && (
          <div className="absolute inset-x-0 top-8">
            <EmptyState title={text(state.search === '' ? 'run.noErrors' : 'run.nothingFound')} />
          </div>
        )}
      </div>
      <TreeEdge width={width} />
    </section>
  );
}

type KeyEvent = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'> & { preventDefault(): void };

/** Keys that start in the page and not in the tree: arrows, where nothing else takes them. */
function usePageKeys(box: { readonly current: HTMLElement | null }, press: (event: KeyEvent) => boolean): void {
  const latest = useRef(press);
  useEffect(() => {
    latest.current = press;
  });
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.activeElement === box.current || keysAreTaken(event.target)) return;
      const elsewhere = event.target instanceof HTMLElement && event.target.closest('a, button, [tabindex="0"], [role="tab"]') !== null;
      if (elsewhere && event.key !== 'j' && event.key !== 'k') return;
      if (latest.current(event)) box.current?.focus({ preventScroll: true });
    };
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, [box]);
}

/** What is chosen elsewhere (the address, a failure's link) is opened up to, once. */
function useReveal(selected: StepNode, hidden: boolean, setState: React.Dispatch<React.SetStateAction<RowState>>): void {
  const revealed = useRef<StepNode>(undefined);
  useEffect(() => {
    if (!hidden || revealed.current === selected) return;
    revealed.current = selected;
    setState((before) => ({ ...CLOSED, all: before.all, turned: new Map([...before.turned, ...ancestors(selected).map(({ id }) => [id, true] as const)]) }));
  }, [hidden, selected, setState]);
}
