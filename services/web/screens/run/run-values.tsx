'use client';
import type { RunDetail } from '../../api/runs.ts';
import { ValueTree } from '../../design/value-tree.tsx';
import { useText } from '../../language/language.tsx';
import { Part } from './facts.tsx';
import { FaultView } from './fault-view.tsx';
import type { Fault } from './step-node.ts';

/** What the run was given, what it came to, and what it holds. */
export function RunValues({ run }: { run: RunDetail }) {
  const text = useText();
  return (
    <>
      <Part title={text('run.value.input')}>
        <Value value={run.input} label={text('run.value.input')} />
      </Part>
      {run.error === undefined ? (
        <Part title={text('run.value.output')}>
          <Value value={run.output} label={text('run.value.output')} />
        </Part>
      ) : (
        <Part title={text('run.value.error')}>
          <FaultView fault={run.error as Fault} />
        </Part>
      )}
      <Part title={text('run.value.context')}>
        <Value value={run.context} label={text('run.value.context')} />
      </Part>
      {run.variables !== undefined && (
        <Part title={text('run.value.variables')}>
          <Value value={run.variables} label={text('run.value.variables')} />
        </Part>
      )}
    </>
  );
}

function Value({ value, label }: { value: unknown; label: string }) {
  const text = useText();
  return value === undefined ? <p className="text-ink-faint">{text('run.noneYet')}</p> : <ValueTree value={value} label={label} />;
}
