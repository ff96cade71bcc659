'use client';
// All runs, newest first: filters in the address, new ones as they start, verbs for those that are selected.
import ArrowUp from 'lucide-react/icons/arrow-up';
import ListVideo from 'lucide-react/icons/list-video';
import Play from 'lucide-react/icons/play';
import dynamic from 'next/dynamic';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useEnvironments } from '../../api/environments.ts';
import { useMay } from '../../api/me.ts';
import type { ListedRun } from '../../api/runs.ts';
import { useAddressState } from '../../design/address-state.ts';
import { Button } from '../../design/button.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { FilterBar, type Filter } from '../../design/filter-bar.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { Table } from '../../design/table.tsx';
import { useText } from '../../language/language.tsx';
import { useCommands } from '../../palette/commands.tsx';
import { rememberList } from '../run/neighbours.ts';
import { BulkBar } from './bulk-bar.tsx';
import { useRunColumns } from './run-columns.tsx';
import { bulkFilterOf, filterOf, FILTERS, ORIGINS, SPAN_NAMES, STATUSES, type FilterName, type FilterState } from './run-filters.ts';
import { useListedRuns } from './use-listed-runs.ts';

const StartRunDialog = dynamic(() => import('./start-run-dialog.tsx').then((found) => found.StartRunDialog), { ssr: false });

const NO_SELECTION: ReadonlySet<string> = new Set();
const TOP_PX = 20;

export function Runs() {
  const text = useText();
  const mayStart = useMay('run.start');
  const mayControl = useMay('run.control');
  const [address, setAddress] = useAddressState(FILTERS);
  const filter = useFilter(address);
  const runs = useListedRuns(filter);
  const columns = useRunColumns();
  const [selected, setSelected] = useState(NO_SELECTION);
  const [starting, setStarting] = useState(false);
  const filters = useRunFilters();
  const box = useRef<HTMLDivElement>(null);
  const { rows, hidden } = runs;
  useEffect(() => rememberList(rows.map(({ id }) => id)), [rows]);
  useRunsCommands(mayStart, () => setStarting(true));
  const filtered = Object.keys(address).length > 0;
  const start = mayStart && (
    <Button tone="primary" icon={<Play aria-hidden className="size-3.5" />} onClick={() => setStarting(true)}>
      {text('runs.start.open')}
    </Button>
  );
  return (
    <>
      <PageHeader title={text('frame.place.runs')} actions={start}>
        <FilterBar filters={filters} state={address} onChange={setAddress}>
          {runs.loaded && rows.length > 0 && (
            <span className="text-xs text-ink-soft">{text(runs.complete ? 'runs.count' : 'runs.countMore', { count: rows.length })}</span>
          )}
        </FilterBar>
      </PageHeader>
      {!runs.loaded && runs.error !== null && <ProblemView problem={runs.error} onRetry={runs.retry} />}
      {!runs.loaded && runs.error === null && <SkeletonRows count={16} />}
      {runs.loaded && rows.length === 0 && (
        <EmptyState icon={<ListVideo aria-hidden />} title={text(filtered ? 'runs.noneFits' : 'runs.none')} action={!filtered && start}>
          {text(filtered ? 'runs.noneFitsHint' : 'runs.noneHint')}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <div
          ref={box}
          className="relative flex min-h-0 flex-1 flex-col border-t border-line bg-panel"
          onScrollCapture={(event) => runs.atTop(isAtTop(event.target))}
        >
          <NewRuns
            count={hidden}
            onShow={() => {
              runs.showNew();
              box.current?.querySelector('[role="grid"]')?.scrollTo({ top: 0 });
            }}
          />
          <Table<ListedRun>
            main
            label={text('frame.place.runs')}
            rows={rows}
            columns={columns}
            rowKey={idOf}
            href={hrefOf}
            onEnd={runs.readMore}
            {...(mayControl && { selection: { selected, onChange: setSelected } })}
          />
          {selected.size > 0 && <BulkBar selected={selected} listed={rows} filter={bulkFilterOf(filter)} onClear={() => setSelected(NO_SELECTION)} />}
        </div>
      )}
      {starting && <StartRunDialog flow={address.flow} onClose={() => setStarting(false)} />}
    </>
  );
}

/** What has started meanwhile is told, and comes in when it is asked for. */
function NewRuns({ count, onShow }: { count: number; onShow: () => void }) {
  const text = useText();
  if (count === 0) return null;
  return (
    <button
      type="button"
      onClick={onShow}
      className="absolute left-1/2 top-9 z-20 inline-flex h-7 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent-fill px-3 text-xs font-medium text-accent-ink shadow-menu hover:bg-accent-fill-hover"
    >
      <ArrowUp aria-hidden className="size-3.5" />
      {text('runs.new', { count })}
    </button>
  );
}

const idOf = ({ id }: ListedRun): string => id;
const hrefOf = ({ id }: ListedRun): string => `/runs/${id}`;
const isAtTop = (scrolled: EventTarget): boolean => !(scrolled instanceof HTMLElement) || scrolled.scrollTop < TOP_PX;

/** A span of time is counted from when it was chosen: the list does not change its question while it is read. */
function useFilter(address: FilterState) {
  return useMemo(() => filterOf(address, Date.now()), [address]);
}

function useRunFilters(): readonly Filter<FilterName>[] {
  const text = useText();
  const environments = useEnvironments().data;
  return useMemo<readonly Filter<FilterName>[]>(
    () => [
      { kind: 'text', name: 'flow', label: text('runs.filter.flow') },
      { kind: 'text', name: 'id', label: text('runs.filter.id') },
      {
        kind: 'choice',
        name: 'status',
        label: text('runs.column.status'),
        options: STATUSES.map((value) => ({ value, text: text(`design.status.${value}`) })),
      },
      { kind: 'choice', name: 'since', label: text('runs.filter.since'), options: SPAN_NAMES.map((value) => ({ value, text: text(`runs.spans.${value}`) })) },
      { kind: 'choice', name: 'origin', label: text('runs.column.origin'), options: ORIGINS.map((value) => ({ value, text: text(`runs.origins.${value}`) })) },
      ...(environments === undefined || environments.length < 2
        ? []
        : [
            {
              kind: 'choice' as const,
              name: 'environment' as const,
              label: text('runs.filter.environment'),
              options: environments.map(({ name }) => ({ value: name, text: <bdi>{name}</bdi> })),
            },
          ]),
    ],
    [text, environments],
  );
}

function useRunsCommands(mayStart: boolean, start: () => void): void {
  const text = useText();
  const latest = useRef(start);
  useEffect(() => {
    latest.current = start;
  });
  useCommands(
    useMemo(
      () =>
        mayStart
          ? [{ id: 'start run', title: text('runs.start.open'), group: text('frame.place.runs'), keys: 'n', Icon: Play, run: () => latest.current() }]
          : [],
      [mayStart, text],
    ),
  );
}
