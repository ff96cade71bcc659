'use client';
// Over the tree: search, only errors, open and close everything, zoom; each with its key.
import ChevronsDownUp from 'lucide-react/icons/chevrons-down-up';
import ChevronsUpDown from 'lucide-react/icons/chevrons-up-down';
import CircleX from 'lucide-react/icons/circle-x';
import Maximize2 from 'lucide-react/icons/maximize-2';
import Search from 'lucide-react/icons/search';
import ZoomIn from 'lucide-react/icons/zoom-in';
import ZoomOut from 'lucide-react/icons/zoom-out';
import { useEffect, useMemo, useRef } from 'react';
import { classes } from '../../design/classes.ts';
import { IconButton } from '../../design/icon-button.tsx';
import { KeyHint } from '../../design/key-hint.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { useText } from '../../language/language.tsx';
import { useCommands, type Command } from '../../palette/commands.tsx';
import type { RunTree } from './tree-shape.ts';
import type { RowState } from './tree-rows.ts';
import type { SightControl } from './use-sight.ts';

interface ToolbarProps {
  readonly tree: RunTree;
  readonly version: number;
  readonly state: RowState;
  readonly shown: number;
  readonly sight: SightControl;
  onChange(change: (before: RowState) => RowState): void;
}

const CLOSER = 0.6;
const ASIDE = 0.25;

export function StepsToolbar({ tree, state, shown, sight, onChange }: ToolbarProps) {
  const text = useText();
  const search = useRef<HTMLInputElement>(null);
  const verbs = useVerbs(search, onChange, sight);
  useStepCommands(verbs);
  const filtered = state.errorsOnly || state.search !== '';
  return (
    <div role="toolbar" aria-label={text('run.tools')} className="flex h-9 shrink-0 items-center gap-0.5 border-b border-line bg-panel px-2">
      <span className="w-52 min-w-20 shrink">
        <TextInput
          ref={search}
          type="search"
          aria-label={text('run.search')}
          placeholder={text('run.search')}
          icon={<Search aria-hidden className="size-3.5" />}
          value={state.search}
          onChange={(event) => onChange((before) => ({ ...before, search: event.target.value }))}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' && event.key !== 'Enter') return;
            if (event.key === 'Escape') onChange((before) => ({ ...before, search: '' }));
            event.currentTarget.blur();
          }}
        />
      </span>
      <button
        type="button"
        aria-pressed={state.errorsOnly}
        onClick={verbs.errors}
        className={classes(
          'ms-1 inline-flex h-control shrink-0 items-center gap-1.5 rounded-md px-2 text-xs',
          state.errorsOnly ? 'bg-bad-wash font-medium text-bad' : 'text-ink-soft hover:bg-hover hover:text-ink',
        )}
      >
        <CircleX aria-hidden className="size-3.5" />
        <span className="max-lg:sr-only">{text('run.errorsOnly')}</span>
        <span className="max-lg:hidden">
          <KeyHint keys="f" />
        </span>
      </button>
      <IconButton label={text('run.expandAll')} keys="e" icon={<ChevronsUpDown aria-hidden className="size-4" />} onClick={verbs.expand} />
      <IconButton label={text('run.collapseAll')} keys="w" icon={<ChevronsDownUp aria-hidden className="size-4" />} onClick={verbs.collapse} />
      <span className="ms-auto truncate px-2 text-xs text-ink-faint" role="status">
        {filtered ? text('run.shownSteps', { shown: Math.max(0, shown - 1), count: tree.steps }) : text('run.countSteps', { count: tree.steps })}
      </span>
      <IconButton label={text('run.zoomOut')} keys="-" icon={<ZoomOut aria-hidden className="size-4" />} disabled={sight.isWhole} onClick={verbs.out} />
      <IconButton label={text('run.zoomIn')} keys="+" icon={<ZoomIn aria-hidden className="size-4" />} onClick={verbs.in} />
      <IconButton label={text('run.zoomWhole')} keys="0" icon={<Maximize2 aria-hidden className="size-4" />} disabled={sight.isWhole} onClick={verbs.whole} />
    </div>
  );
}

interface Verbs {
  errors(): void;
  expand(): void;
  collapse(): void;
  find(): void;
  in(): void;
  out(): void;
  whole(): void;
  left(): void;
  right(): void;
}

function useVerbs(search: { readonly current: HTMLInputElement | null }, onChange: ToolbarProps['onChange'], sight: SightControl): Verbs {
  const latest = useRef({ onChange, sight });
  useEffect(() => {
    latest.current = { onChange, sight };
  });
  return useMemo(() => {
    const all = (open: boolean): void => latest.current.onChange((before) => ({ ...before, all: open, turned: new Map() }));
    return {
      errors: () => latest.current.onChange((before) => ({ ...before, errorsOnly: !before.errorsOnly })),
      expand: () => all(true),
      collapse: () => all(false),
      find: () => search.current?.focus(),
      in: () => latest.current.sight.zoom(CLOSER),
      out: () => latest.current.sight.zoom(1 / CLOSER),
      whole: () => latest.current.sight.show(undefined),
      left: () => latest.current.sight.move(-ASIDE),
      right: () => latest.current.sight.move(ASIDE),
    };
  }, [search]);
}

function useStepCommands(verbs: Verbs): void {
  const text = useText();
  useCommands(
    useMemo<readonly Command[]>(() => {
      const group = text('run.steps');
      const one = (id: string, title: string, keys: string, run: () => void): Command => ({ id: `steps ${id}`, title, group, keys, run });
      return [
        one('find', text('run.search'), '/', verbs.find),
        one('errors', text('run.errorsOnly'), 'f', verbs.errors),
        one('expand', text('run.expandAll'), 'e', verbs.expand),
        one('collapse', text('run.collapseAll'), 'w', verbs.collapse),
        one('in', text('run.zoomIn'), '+', verbs.in),
        one('in too', text('run.zoomIn'), '=', verbs.in),
        one('out', text('run.zoomOut'), '-', verbs.out),
        one('whole', text('run.zoomWhole'), '0', verbs.whole),
        one('left', text('run.moveBack'), 'shift+left', verbs.left),
        one('right', text('run.moveOn'), 'shift+right', verbs.right),
      ];
    }, [text, verbs]),
  );
}
