'use client';
// The frozen version of the flow: as a picture that tells how its steps stand, or as the text that was published.
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { flowOfRunQuery } from '../../api/run-flow.ts';
import type { RunDetail } from '../../api/runs.ts';
import { classes } from '../../design/classes.ts';
import { CodeBlock } from '../../design/code-block.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { ValueTree } from '../../design/value-tree.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { FlowCanvas } from '../flows/canvas/flow-canvas.tsx';
import { Part } from './facts.tsx';
import { partOf } from './part-of.ts';
import { newestOf, runMarks } from './run-marks.ts';
import type { RunTree } from './tree-shape.ts';

interface DefinitionProps {
  readonly run: RunDetail;
  readonly tree: RunTree;
  /** The tree changes in place. */
  readonly version: number;
  /** Of the step that is chosen. */
  readonly pointer: string | undefined;
  onSelect(id: number): void;
}

const VIEWS = ['picture', 'text'] as const;

export function Definition({ run, tree, version, pointer, onSelect }: DefinitionProps) {
  const text = useText();
  const formats = useFormats();
  const [view, setView] = useState<(typeof VIEWS)[number]>('picture');
  const { data, error, refetch } = useQuery(flowOfRunQuery(run.flow, run.version));
  const marks = useMemo(
    () => runMarks(tree.root, { duration: formats.duration, times: (count) => `× ${formats.number(count)}` }, version),
    [tree, formats, version],
  );
  if (data === undefined) return error === null ? <SkeletonRows count={8} /> : <ProblemView problem={error} onRetry={() => void refetch()} />;
  const part = pointer === undefined || pointer === '' ? undefined : partOf(data.document, pointer);
  return (
    <div className="flex h-full min-h-60 flex-col">
      <div className="flex shrink-0 items-center gap-1 border-b border-line px-2 py-1">
        <span className="min-w-0 flex-1 truncate px-1 text-xs text-ink-soft">{text('run.versionText', { version: run.version })}</span>
        {VIEWS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={view === one}
            onClick={() => setView(one)}
            className={classes(
              'h-6 rounded-sm px-2 text-xs',
              view === one ? 'bg-selected font-medium text-ink' : 'text-ink-soft hover:bg-hover hover:text-ink',
            )}
          >
            {text(`run.view.${one}`)}
          </button>
        ))}
      </div>
      {view === 'picture' ? (
        <div className="flex min-h-0 flex-1 flex-col">
          <FlowCanvas
            document={data.document}
            label={`${run.flow} ${run.version}`}
            marks={marks}
            selected={pointer}
            onSelect={(chosen) => onSelect(chosen === undefined ? 0 : (newestOf(tree.root, chosen)?.id ?? 0))}
          />
        </div>
      ) : (
        <div className="min-h-0 flex-1 overflow-auto">
          {part !== undefined && (
            <Part title={<code className="foreign font-mono">{pointer}</code>}>
              <ValueTree value={part} label={text('run.panel.definition')} openLevels={4} />
            </Part>
          )}
          <div className="p-3">
            <CodeBlock code={data.source} tall />
          </div>
        </div>
      )}
    </div>
  );
}
