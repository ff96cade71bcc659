'use client';
// The frozen version of the flow: what the document says of the step that is chosen, and the whole text.
import { useQuery } from '@tanstack/react-query';
import { flowOfRunQuery } from '../../api/run-flow.ts';
import type { RunDetail } from '../../api/runs.ts';
import { CodeBlock } from '../../design/code-block.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { ValueTree } from '../../design/value-tree.tsx';
import { useText } from '../../language/language.tsx';
import { Part } from './facts.tsx';
import { partOf } from './part-of.ts';

export function Definition({ run, pointer }: { run: RunDetail; pointer: string | undefined }) {
  const text = useText();
  const { data, error, refetch } = useQuery(flowOfRunQuery(run.flow, run.version));
  if (data === undefined) return error === null ? <SkeletonRows count={8} /> : <ProblemView problem={error} onRetry={() => void refetch()} />;
  const part = pointer === undefined || pointer === '' ? undefined : partOf(data.document, pointer);
  return (
    <>
      {part !== undefined && (
        <Part title={<code className="foreign font-mono">{pointer}</code>}>
          <ValueTree value={part} label={text('run.panel.definition')} openLevels={4} />
        </Part>
      )}
      <Part title={text('run.versionText', { version: run.version })}>
        <CodeBlock code={data.source} tall />
      </Part>
    </>
  );
}
