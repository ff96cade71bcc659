'use client';
// A run that was started from here, on the picture of the version that runs: the draft may be another text by now.
import { useQuery } from '@tanstack/react-query';
import ArrowUpRight from 'lucide-react/icons/arrow-up-right';
import X from 'lucide-react/icons/x';
import { flowQuery } from '../../api/flows.ts';
import { runQuery, hasEnded } from '../../api/runs.ts';
import { ButtonLink } from '../../design/button.tsx';
import { IconButton } from '../../design/icon-button.tsx';
import { StatusBadge } from '../../design/status-badge.tsx';
import { ValueTree } from '../../design/value-tree.tsx';
import { useText } from '../../language/language.tsx';
import { CanvasWaits } from '../flows/canvas/canvas-waits.tsx';
import { FlowCanvas } from '../flows/canvas/flow-canvas.tsx';
import { useRunMarks } from './use-run-marks.ts';

export interface TestRunProps {
  readonly run: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly selected: string | undefined;
  onSelect(pointer: string | undefined): void;
  onClose(): void;
}
const AGAIN_MS = 1_000;

export function TestRun({ run, namespace, name, version, selected, onSelect, onClose }: TestRunProps) {
  const text = useText();
  const { marks } = useRunMarks(run);
  const { data: flow } = useQuery(flowQuery(namespace, name, version));
  const { data } = useQuery({ ...runQuery(run), refetchInterval: ({ state }) => (state.data !== undefined && hasEnded(state.data.status) ? false : AGAIN_MS) });
  const wait = data?.waitingFor[0]?.text;
  const cause = data?.failure?.cause;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div role="status" className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-panel px-3 py-1.5 text-xs">
        {data !== undefined && <StatusBadge status={data.status} />}
        <bdi className="min-w-0 flex-1 truncate text-ink-soft">{cause ?? wait ?? text('editor.runOf', { flow: `${namespace}/${name}`, version })}</bdi>
        <ButtonLink className="h-6!" href={`/runs/${run}`} icon={<ArrowUpRight aria-hidden className="size-3.5" />}>
          {text('editor.openRun')}
        </ButtonLink>
        <IconButton small label={text('editor.backToDraft')} icon={<X aria-hidden className="size-3.5" />} onClick={onClose} />
      </div>
      {flow === undefined ? (
        <CanvasWaits />
      ) : (
        <FlowCanvas document={flow.document} label={`${namespace}/${name}`} marks={marks} selected={selected} onSelect={onSelect} />
      )}
      {data?.output !== undefined && data.status === 'completed' && (
        <div className="max-h-40 shrink-0 overflow-auto border-t border-line bg-panel px-2">
          <ValueTree value={data.output} label={text('editor.output')} />
        </div>
      )}
    </div>
  );
}
