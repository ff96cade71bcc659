'use client';
// Any JSON as a tree that opens piece by piece. A copy of every node; texts of others stay texts.
// Keyboard: up and down move, right opens, left closes or goes to the parent, Enter opens or closes, c copies.
import ChevronRight from 'lucide-react/icons/chevron-right';
import { useId, useMemo, useState } from 'react';
import { useText } from '../language/language.tsx';
import { classes } from './classes.ts';
import { copyText, CopyButton } from './copy-button.tsx';
import { copyOf, plainText, valueRows, type ValueRow } from './value-rows.ts';

export interface ValueTreeProps {
  readonly value: unknown;
  readonly label: string;
  /** Levels that are open at first. */
  readonly openLevels?: number;
  readonly className?: string;
}

const CHILDREN = 100;
const LONG_TEXT = 240;

export function ValueTree({ value, label, openLevels = 2, className }: ValueTreeProps) {
  const id = useId();
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [shown, setShown] = useState<ReadonlyMap<string, number>>(new Map());
  const [at, setAt] = useState('');
  const rows = useMemo(
    () => valueRows(value, { isOpen: (pointer, level) => turned.get(pointer) ?? level < openLevels, shown: (pointer) => shown.get(pointer) ?? CHILDREN }),
    [value, turned, shown, openLevels],
  );
  const here = Math.max(
    0,
    rows.findIndex(({ pointer }) => pointer === at),
  );
  const turn = (row: ValueRow, open: boolean): void => {
    if (row.hidden !== undefined) setShown(new Map(shown).set(parentOf(row.pointer), (shown.get(parentOf(row.pointer)) ?? CHILDREN) * 4));
    else if (row.size > 0) setTurned(new Map(turned).set(row.pointer, open));
  };
  const press = (key: string): boolean => {
    const row = rows[here];
    const go = (to: number): void => setAt(rows[Math.max(0, Math.min(rows.length - 1, to))]?.pointer ?? '');
    if (row === undefined) return false;
    if (key === 'ArrowDown') go(here + 1);
    else if (key === 'ArrowUp') go(here - 1);
    else if (key === 'Home') go(0);
    else if (key === 'End') go(rows.length - 1);
    else if (key === 'ArrowRight' && row.open) go(here + 1);
    else if (key === 'ArrowRight') turn(row, true);
    else if (key === 'ArrowLeft' && row.open) turn(row, false);
    else if (key === 'ArrowLeft') setAt(parentOf(row.pointer));
    else if (key === 'Enter' || key === ' ') turn(row, !row.open);
    else if (key === 'c') void copyText(copyOf(row.value));
    else return false;
    return true;
  };
  return (
    <div
      role="tree"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={`${id}-${here}`}
      data-keys="own"
      onKeyDown={(event) => {
        if (event.target === event.currentTarget && !event.ctrlKey && !event.metaKey && press(event.key)) event.preventDefault();
      }}
      className={classes('group/tree min-w-0 overflow-x-auto py-1 font-mono text-xs leading-5', className)}
    >
      {rows.map((row, i) => (
        <Row
          key={row.pointer}
          id={`${id}-${i}`}
          row={row}
          active={i === here}
          onTurn={() => {
            setAt(row.pointer);
            turn(row, !row.open);
          }}
        />
      ))}
    </div>
  );
}

const parentOf = (pointer: string): string => pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')));

function Row({ id, row, active, onTurn }: { id: string; row: ValueRow; active: boolean; onTurn: () => void }) {
  const text = useText();
  const turns = row.size > 0 || row.hidden !== undefined;
  return (
    // The keyboard is the tree's.
    <div
      id={id}
      role="treeitem"
      aria-level={row.level + 1}
      aria-expanded={row.size > 0 ? row.open : undefined}
      aria-selected={active}
      onClick={turns ? onTurn : undefined}
      style={{ paddingInlineStart: `${row.level * 0.875 + 0.25}rem` }}
      className={classes(
        'group/row flex min-w-0 items-start gap-1 rounded-sm pe-1 hover:bg-hover',
        turns && 'cursor-pointer',
        active && 'group-focus-visible/tree:bg-hover group-focus-visible/tree:shadow-[inset_2px_0_0_var(--focus)]',
      )}
    >
      <ChevronRight aria-hidden className={classes('mt-1 size-3 shrink-0 text-ink-faint', row.open && 'rotate-90', row.size === 0 && 'invisible')} />
      {row.hidden === undefined ? <Node row={row} /> : <span className="text-accent">{text('design.moreItems', { count: row.hidden })}</span>}
      {row.hidden === undefined && (
        <CopyButton
          value={() => copyOf(row.value)}
          label={text('design.copyValue')}
          className="opacity-0 group-hover/row:opacity-100 focus-visible:opacity-100"
        />
      )}
    </div>
  );
}

const INK = { text: 'text-value-text', number: 'text-value-number', word: 'text-value-word' } as const;

function Node({ row: { name, kind, value, size, open } }: { row: ValueRow }) {
  const text = useText();
  return (
    <span className="min-w-0">
      {name !== undefined && (
        <>
          <bdi className="text-value-key">{plainText(name)}</bdi>
          <span className="text-ink-faint">: </span>
        </>
      )}
      {kind === 'object' || kind === 'array' ? (
        <span className="text-ink-faint">
          {size === 0 ? (kind === 'array' ? '[]' : '{}') : text(kind === 'array' ? 'design.items' : 'design.keys', { count: size })}
          {open && size > 0 && <span aria-hidden>{kind === 'array' ? ' [' : ' {'}</span>}
        </span>
      ) : kind === 'text' ? (
        <TextValue value={String(value)} />
      ) : (
        <span className={INK[kind]}>{String(value)}</span>
      )}
    </span>
  );
}

function TextValue({ value }: { value: string }) {
  const text = useText();
  const [whole, setWhole] = useState(false);
  const long = value.length > LONG_TEXT;
  return (
    <>
      <bdi className="foreign whitespace-pre-wrap text-value-text">&quot;{plainText(long && !whole ? value.slice(0, LONG_TEXT) : value)}&quot;</bdi>
      {long && (
        <button
          type="button"
          className="ms-1 rounded-sm px-0.5 font-sans text-accent hover:underline"
          onClick={(event) => {
            event.stopPropagation();
            setWhole(!whole);
          }}
        >
          {whole ? text('design.less') : text('design.more', { count: value.length - LONG_TEXT })}
        </button>
      )}
    </>
  );
}
