'use client';
// The lines of the tree: only those in sight are in the page.
// I1 One stop for Tab: the tree has the focus and tells which line is meant. Its keys work wherever nobody writes, like those of a list.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, type MouseEvent, type ReactNode } from 'react';
import { useText } from '../../language/language.tsx';
import { keysAreTaken } from '../../palette/shortcuts.ts';
import type { StepNode } from './step-node.ts';
import { StepRow } from './step-row.tsx';
import { rowMove, type TreeRow } from './tree-rows.ts';
import type { SightControl } from './use-sight.ts';

const ROW_PX = 30;
const AHEAD = 3;
/** A line that scrolls in takes the place of one that scrolled out, which costs half of a new one: there are hardly more places than lines. */
const PLACES_STEP = 8;
const PAGE = 15;

interface StepRowsProps {
  readonly rows: readonly TreeRow[];
  readonly version: number;
  readonly runName: string;
  readonly selected: StepNode;
  readonly sight: SightControl;
  readonly nowMs: number;
  onSelect(node: StepNode): void;
  onTurn(node: StepNode, open: boolean): void;
  /** To the inspector. */
  onEnter(): void;
  /** Behind the lines. */
  readonly children: ReactNode;
}

export function StepRows(props: StepRowsProps) {
  const { rows, version, runName, selected, sight, nowMs, onSelect, onTurn, children } = props;
  const text = useText();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const at = rows.findIndex(({ node }) => node === selected);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: AHEAD });
  const items = virtual.getVirtualItems();
  const places = Math.ceil((items.length + 1) / PLACES_STEP) * PLACES_STEP;
  const press = (event: KeyEvent): boolean => pressed(event, at, props, (to) => virtual.scrollToIndex(to));
  usePageKeys(box, press);
  const point = (event: MouseEvent): void => {
    const target = event.target instanceof Element ? event.target : undefined;
    const row = rows[Number(target?.closest('[data-row]')?.getAttribute('data-row') ?? -1)];
    if (row === undefined) return;
    const turns = target?.closest('[data-turns]') !== null || event.detail === 2;
    if (turns && row.parent) onTurn(row.node, !row.open);
    if (event.detail !== 2) onSelect(row.node);
  };
  return (
    <div
      ref={box}
      role="tree"
      tabIndex={0}
      aria-label={text('run.steps')}
      aria-activedescendant={items.some(({ index }) => index === at) ? `${id}-${at}` : undefined}
      onClick={point}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget) press(event);
      }}
      className="group/steps relative min-h-0 flex-1 overflow-x-hidden overflow-y-auto focus-visible:outline-offset-[-2px]"
    >
      <div role="presentation" style={{ height: virtual.getTotalSize() }} className="relative min-h-full">
        {children}
        {items.map(({ index, start }) => {
          const row = rows[index];
          return row === undefined ? null : (
            <StepRow
              key={index % places}
              id={`${id}-${index}`}
              row={row}
              index={index}
              top={start}
              selected={index === at}
              sight={sight.sight}
              nowMs={row.node.end === undefined ? nowMs : 0}
              version={version}
              runName={runName}
            />
          );
        })}
      </div>
    </div>
  );
}

type KeyEvent = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'> & { preventDefault(): void };

/** True when the key meant something. */
function pressed(event: KeyEvent, at: number, { rows, onSelect, onTurn, onEnter }: StepRowsProps, scrollTo: (to: number) => void): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
  const move = rowMove(event.key, at, rows, PAGE);
  const row = rows[at];
  if (event.key === 'Enter' && row !== undefined) onEnter();
  else if (event.key === ' ' && row?.parent === true) onTurn(row.node, !row.open);
  else if (move.kind === 'turn' && row !== undefined) onTurn(row.node, move.open);
  else if (move.kind === 'go') {
    const to = rows[move.to];
    if (to !== undefined) onSelect(to.node);
    scrollTo(move.to);
  } else return false;
  event.preventDefault();
  return true;
}

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
