'use client';
// What a step was given and what it gave back, as far as its journal tells.
import { useText } from '../../language/language.tsx';
import type { RunDetail } from '../../api/runs.ts';
import { Part } from './facts.tsx';
import type { StepNode } from './step-node.ts';
import { WholeValue } from './whole-value.tsx';

export function StepValues({ run, node }: { run: RunDetail; node: StepNode }) {
  const text = useText();
  const { id } = run;
  const { argsSeq, resultSeq, outputSeq, inputSeq, kind, role } = node;
  const argsName = kind === 'call' ? 'args' : kind === 'for' || (kind === 'map' && role !== 'child') ? 'items' : 'input';
  const resultName = kind === 'call' ? 'result' : kind === 'listen' || kind === 'emit' ? 'event' : 'output';
  return (
    <>
      {argsSeq !== undefined && (
        <Part title={text(argsName === 'args' ? 'run.value.args' : argsName === 'items' ? 'run.value.items' : 'run.value.childInput')}>
          <WholeValue run={id} seq={argsSeq} name={argsName} label={text('run.value.args')} />
        </Part>
      )}
      {inputSeq !== undefined && (
        <Part title={text('run.value.input')}>
          <InputValue run={id} seq={inputSeq} />
        </Part>
      )}
      {resultSeq !== undefined && node.fault === undefined && (
        <Part title={text(resultName === 'event' ? 'run.value.event' : 'run.value.result')}>
          <WholeValue run={id} seq={resultSeq} name={resultName} label={text('run.value.result')} />
        </Part>
      )}
      {outputSeq !== undefined && (
        <Part title={text('run.value.output')}>
          <WholeValue run={id} seq={outputSeq} name="output" label={text('run.value.output')} />
        </Part>
      )}
      {outputSeq === undefined && node.end === 'done' && (
        <Part title={text('run.value.output')}>
          <p className="text-ink-faint">{text(resultSeq === undefined ? 'run.sameAsInput' : 'run.sameAsResult')}</p>
        </Part>
      )}
    </>
  );
}

const InputValue = ({ run, seq }: { run: string; seq: number }) => <WholeValue run={run} seq={seq} name="input" label={useText()('run.value.input')} />;
