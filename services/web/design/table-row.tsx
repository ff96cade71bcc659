'use client';
// A row of a table: where it lies in the window, how it is opened and selected. Called by table.tsx alone.
import Link from 'next/link';
import type { ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { Checkbox } from './checkbox.tsx';
import { classes } from './classes.ts';
import type { Column } from './column.ts';

export interface TableRowProps<Row> {
  readonly id: string;
  readonly row: Row;
  readonly index: number;
  /** Pixels from the top of the list. */
  readonly top: number;
  readonly columns: readonly Column<Row>[];
  /** The keyboard is on it. */
  readonly active: boolean;
  readonly current: boolean;
  readonly href: string | undefined;
  readonly onOpen: ((row: Row) => void) | undefined;
  /** Undefined where nothing can be selected. */
  readonly selected: boolean | undefined;
  onSelect(on: boolean): void;
  onMeant(): void;
}

export function TableRow<Row>({ id, row, index, top, columns, active, current, href, onOpen, selected, onSelect, onMeant }: TableRowProps<Row>) {
  const text = useText();
  return (
    // The keyboard is the grid's: this is the same for a pointer.
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-current={current || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => {
        onMeant();
        onOpen?.(row);
      }}
      className={classes(
        'absolute inset-x-0 top-0 grid h-row grid-cols-(--columns) items-center border-b border-line px-2 max-narrow:grid-cols-(--columns-narrow)',
        selected === true || current ? 'bg-selected' : 'hover:bg-hover',
        (href !== undefined || onOpen !== undefined) && 'cursor-pointer',
        active && 'group-focus-visible/grid:shadow-[inset_2px_0_0_var(--focus)] group-focus-visible/grid:bg-hover',
      )}
    >
      {selected !== undefined && (
        <span role="gridcell" className="relative z-1 flex items-center px-1">
          <Checkbox label={text('design.selectRow')} tabIndex={-1} checked={selected} onChange={onSelect} />
        </span>
      )}
      {columns.map((column, nth) => (
        <span
          key={column.id}
          role="gridcell"
          className={classes('min-w-0 truncate px-1', column.align === 'end' && 'text-end', column.wideOnly === true && 'max-narrow:hidden')}
        >
          {nth === 0 && href !== undefined ? <RowLink href={href}>{column.cell(row)}</RowLink> : column.cell(row)}
        </span>
      ))}
    </div>
  );
}

/** Covers the row; what can be pressed in other cells stands above it (`relative z-1`). */
const RowLink = ({ href, children }: { href: string; children: ReactNode }) => (
  <Link href={href} prefetch={false} tabIndex={-1} className="after:absolute after:inset-0">
    {children}
  </Link>
);
