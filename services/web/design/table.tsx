'use client';
// A list of anything, up to a hundred thousand rows: only those in sight are in the page. The header stays.
// I1 Keyboard: j/k or arrows move, Enter opens, x selects, Ctrl/Cmd+A selects all that were read, Escape selects none.
// I2 One stop for Tab: the grid has the focus and tells which row is meant (aria-activedescendant), so that a row that is scrolled away
//    takes no focus with it.
// I3 A row that leads somewhere is a link: it opens in a new tab like any other.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useId, useMemo, useRef, useState, type CSSProperties } from 'react';
import { useText } from '../language/language.tsx';
import { chordOf, keysAreTaken, type Pressed } from '../palette/shortcuts.ts';
import { Checkbox } from './checkbox.tsx';
import { classes } from './classes.ts';
import type { Column } from './column.ts';
import { tableMove } from './table-moves.ts';
import { TableRow } from './table-row.tsx';

export type { Column } from './column.ts';

export interface Selection {
  readonly selected: ReadonlySet<string>;
  onChange(selected: ReadonlySet<string>): void;
}

export interface TableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  rowKey(row: Row): string;
  /** Where a row leads. */
  href?(row: Row): string;
  /** Instead of `href`: what opening a row does. */
  onOpen?(row: Row): void;
  readonly selection?: Selection;
  /** The one that is shown beside the table. */
  readonly current?: string | undefined;
  /** The last rows are near: read more. */
  onEnd?(): void;
  /** All rows there are, when more than were read. */
  readonly total?: number;
  /** The main thing of the screen: its keys work wherever nobody writes. */
  readonly main?: boolean;
  readonly className?: string;
}

const ROW_PX = 30;
const AHEAD = 12;

export function Table<Row>(props: TableProps<Row>) {
  const { label, rows, columns, rowKey, selection, total, current, className } = props;
  const id = useId();
  const grid = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const here = Math.min(at, rows.length - 1);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => grid.current,
    estimateSize: () => ROW_PX,
    overscan: AHEAD,
    paddingStart: ROW_PX,
  });
  const items = virtual.getVirtualItems();
  useNearEnd(items.at(-1)?.index, rows.length, props.onEnd);
  const press = useKeys(
    props,
    here,
    (to) => {
      setAt(to);
      virtual.scrollToIndex(to);
    },
    () => openMenu(document.getElementById(`${id}-${here}`)),
  );
  useMainKeys(props.main ?? false, grid, press);
  const tracks = useMemo(() => tracksOf(columns, selection !== undefined), [columns, selection]);
  return (
    <div
      ref={grid}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={(total ?? rows.length) + 1}
      aria-multiselectable={selection !== undefined || undefined}
      aria-activedescendant={items.some(({ index }) => index === here) ? `${id}-${here}` : undefined}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget) press(event);
      }}
      style={tracks}
      className={classes('group/grid relative min-h-0 flex-1 overflow-auto focus-visible:outline-offset-[-2px]', className)}
    >
      <div role="presentation" style={{ height: virtual.getTotalSize() }} className="relative min-w-fit">
        <Head columns={columns} rows={rows} rowKey={rowKey} selection={selection} />
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const key = rowKey(row);
          return (
            <TableRow
              key={key}
              id={`${id}-${index}`}
              row={row}
              index={index}
              top={start}
              columns={columns}
              active={index === here}
              current={key === current}
              href={props.href?.(row)}
              onOpen={props.onOpen}
              selected={selection === undefined ? undefined : selection.selected.has(key)}
              onSelect={(on) => selection?.onChange(toggled(selection.selected, key, on))}
              onMeant={() => setAt(index)}
            />
          );
        })}
      </div>
    </div>
  );
}

function tracksOf<Row>(columns: readonly Column<Row>[], selectable: boolean): CSSProperties {
  const tracks = (wide: boolean): string =>
    [selectable && '2rem', ...columns.filter(({ wideOnly = false }) => wide || !wideOnly).map(({ width, narrow = width }) => (wide ? width : narrow))]
      .filter(Boolean)
      .join(' ');
  return { '--columns': tracks(true), '--columns-narrow': tracks(false) } as CSSProperties;
}

type HeadProps<Row> = Pick<TableProps<Row>, 'columns' | 'rows' | 'rowKey'> & { readonly selection: Selection | undefined };

function Head<Row>({ columns, rows, rowKey, selection }: HeadProps<Row>) {
  const text = useText();
  const chosen = selection === undefined ? 0 : rows.filter((row) => selection.selected.has(rowKey(row))).length;
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="sticky top-0 z-10 grid h-row grid-cols-(--columns) items-center border-b border-line bg-panel px-2 text-xs text-ink-soft max-narrow:grid-cols-(--columns-narrow)"
    >
      {selection !== undefined && (
        <span role="columnheader" className="flex items-center px-1">
          <Checkbox
            label={text('design.select')}
            tabIndex={-1}
            checked={chosen === 0 ? false : chosen === rows.length ? true : 'some'}
            onChange={(on) => selection.onChange(new Set(on ? rows.map(rowKey) : []))}
          />
        </span>
      )}
      {columns.map((column) => (
        <span
          key={column.id}
          role="columnheader"
          className={classes('truncate px-1', column.align === 'end' && 'text-end', column.wideOnly === true && 'max-narrow:hidden')}
        >
          {column.title}
        </span>
      ))}
    </div>
  );
}

function toggled(before: ReadonlySet<string>, key: string, on: boolean): ReadonlySet<string> {
  const next = new Set(before);
  if (on) next.add(key);
  else next.delete(key);
  return next;
}

function useNearEnd(last: number | undefined, count: number, onEnd: (() => void) | undefined): void {
  const near = last !== undefined && last >= count - AHEAD;
  const told = useRef(onEnd);
  useEffect(() => {
    told.current = onEnd;
  });
  useEffect(() => {
    if (near) told.current?.();
  }, [near, count]);
}

type KeyEvent = Pressed & { preventDefault(): void };

/** The menu of a row opens by its own key. False where it has none. */
function openMenu(row: HTMLElement | null): boolean {
  const button = row?.querySelector<HTMLElement>('[aria-haspopup="menu"]');
  if (button === null || button === undefined) return false;
  button.focus({ preventScroll: true });
  button.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  return true;
}

function useKeys<Row>(
  { rows, rowKey, href, onOpen, selection }: TableProps<Row>,
  here: number,
  go: (to: number) => void,
  menu: () => boolean,
): (event: KeyEvent) => boolean {
  const router = useRouter();
  return (event) => {
    const move = tableMove(chordOf(event), here, rows.length);
    const row = rows[here];
    if (move.kind === 'go') go(move.to);
    else if (move.kind === 'menu') return menu() && taken(event);
    else if (move.kind === 'open' && row !== undefined && onOpen !== undefined) onOpen(row);
    else if (move.kind === 'open' && row !== undefined && href !== undefined) router.push(href(row));
    else if (move.kind === 'toggle' && row !== undefined && selection !== undefined)
      selection.onChange(toggled(selection.selected, rowKey(row), !selection.selected.has(rowKey(row))));
    else if (move.kind === 'all' && selection !== undefined) selection.onChange(new Set(rows.map(rowKey)));
    else if (move.kind === 'clear' && selection !== undefined && selection.selected.size > 0) selection.onChange(new Set());
    else return false;
    return taken(event);
  };
}

function taken(event: KeyEvent): true {
  event.preventDefault();
  return true;
}

/** Keys that start in the page and not in the grid: they bring the focus along. */
function useMainKeys(main: boolean, grid: { readonly current: HTMLDivElement | null }, press: (event: KeyEvent) => boolean): void {
  const latest = useRef(press);
  useEffect(() => {
    latest.current = press;
  });
  const hear = useCallback(
    (event: KeyboardEvent) => {
      if (event.defaultPrevented || grid.current === null || document.activeElement === grid.current) return;
      const elsewhere = event.target instanceof HTMLElement && event.target.closest('a, button, [tabindex="0"]') !== null;
      if (keysAreTaken(event.target) || (elsewhere && !/^[jkxm]$/.test(event.key))) return;
      if (latest.current(event)) grid.current.focus({ preventScroll: true });
    },
    [grid],
  );
  useEffect(() => {
    if (!main) return undefined;
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, [main, hear]);
}
