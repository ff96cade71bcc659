'use client';
// Entries of the journal, as they are: of one step or of the run. The one that is chosen is shown whole below.
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { wholeEventQuery } from '../../api/run-events.ts';
import type { RunDetail } from '../../api/runs.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { Table, type Column } from '../../design/table.tsx';
import { ValueTree } from '../../design/value-tree.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { linesOf } from './run-tree.ts';
import type { EventLine, RunTree } from './tree-shape.ts';
import { nameOf } from './step-row.tsx';

interface EventsTableProps {
  readonly run: RunDetail;
  readonly tree: RunTree;
  /** Undefined: all. */
  readonly seqs: readonly number[] | undefined;
  /** The tree changes in place. */
  readonly version: number;
}

export function EventsTable({ run, tree, seqs, version }: EventsTableProps) {
  const text = useText();
  const formats = useFormats();
  const [chosen, setChosen] = useState<number>();
  const lines = useMemo(() => linesOf(tree, seqs, version), [tree, seqs, version]);
  const startMs = tree.root.fromMs;
  const columns = useMemo<readonly Column<EventLine>[]>(
    () => [
      { id: 'seq', title: '#', width: '3.5rem', align: 'end', cell: ({ seq }) => <span className="font-mono text-xs text-ink-faint">{seq}</span> },
      { id: 'type', title: text('run.event.type'), width: 'minmax(9rem,1.2fr)', cell: ({ type }) => <code className="font-mono text-xs">{type}</code> },
      ...(seqs === undefined
        ? [
            {
              id: 'step',
              title: text('run.step'),
              width: 'minmax(5rem,1fr)',
              cell: ({ node }: EventLine) => (node === undefined ? '' : <bdi>{node.role === 'list' ? node.pointer : nameOf(node, text, '')}</bdi>),
            },
          ]
        : []),
      {
        id: 'offset',
        title: text('run.event.after'),
        width: '5rem',
        align: 'end',
        cell: ({ atMs }) => (
          <time dateTime={new Date(atMs).toISOString()} title={formats.dateTime(new Date(atMs))} className="text-xs text-ink-soft">
            +{formats.duration(atMs - startMs)}
          </time>
        ),
      },
    ],
    [text, formats, seqs, startMs],
  );
  if (lines.length === 0) return <EmptyState title={text('run.noEvents')} />;
  const shown = lines.some(({ seq }) => seq === chosen) ? chosen : undefined;
  return (
    <div className="flex h-full min-h-40 flex-col">
      <Table
        label={text('run.panel.allEvents')}
        rows={lines}
        columns={columns}
        rowKey={({ seq }) => String(seq)}
        onOpen={({ seq }) => setChosen(seq)}
        current={shown === undefined ? undefined : String(shown)}
      />
      {shown !== undefined && (
        <div className="max-h-[55%] shrink-0 overflow-auto border-t border-line-strong px-2 py-1">
          <OneEvent run={run.id} seq={shown} />
        </div>
      )}
    </div>
  );
}

function OneEvent({ run, seq }: { run: string; seq: number }) {
  const text = useText();
  const { data, error } = useQuery(wholeEventQuery(run, seq));
  if (error !== null && data === undefined) return <ProblemLine problem={error} />;
  if (data === undefined) return <Skeleton className="my-2 h-4 w-40" />;
  return data === null ? <p className="py-2 text-ink-faint">{text('run.eventGone')}</p> : <ValueTree value={data} label={data.type} openLevels={3} />;
}
