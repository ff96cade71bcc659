'use client';
// A person tells whether an act in doubt took place: nobody else can. The evidence stands beside the question.
import { useId, useState } from 'react';
import { resolveAct, settled } from '../../api/run-verbs.ts';
import type { RunDetail } from '../../api/runs.ts';
import { showToast } from '../../design/toast.tsx';
import { plainText } from '../../design/value-rows.ts';
import { useText } from '../../language/language.tsx';
import { AskingForm } from './asking-form.tsx';
import { Fact, Facts } from './facts.tsx';
import { JsonField } from './json-field.tsx';
import { readJson } from './json-text.ts';
import { refused } from './refused.ts';

interface ResolveDialogProps {
  readonly run: RunDetail;
  readonly effectKey: string;
  readonly step: string;
  readonly doubt: string | undefined;
  onClose(): void;
}
type Outcome = 'done' | 'absent';

export function ResolveDialog({ run, effectKey, step, doubt, onClose }: ResolveDialogProps) {
  const text = useText();
  const [outcome, setOutcome] = useState<Outcome>();
  const [result, setResult] = useState('');
  const read = readJson(result);
  return (
    <AskingForm
      title={text('run.resolve.title', { step: plainText(step) })}
      description={text('run.resolve.hint')}
      verb={text('run.resolve.send')}
      ready={outcome !== undefined && read.ok}
      onClose={onClose}
      onSend={async () => {
        if (outcome === undefined) return;
        const value = outcome === 'done' && read.ok ? read.value : undefined;
        refused(await settled(await resolveAct(run.id, effectKey, { outcome, ...(value !== undefined && { result: value }) })), text);
        showToast({ title: text(outcome === 'done' ? 'run.did.resolveDone' : 'run.did.resolveAbsent') });
      }}
    >
      <Facts>
        {doubt !== undefined && <Fact name={text('run.resolve.why')}>{plainText(doubt)}</Fact>}
        <Fact name={text('run.effectKey')}>
          <code className="font-mono text-xs">{effectKey}</code>
        </Fact>
      </Facts>
      <fieldset className="my-3 grid gap-2 sm:grid-cols-2">
        <legend className="mb-1 text-xs font-medium text-ink-soft">{text('run.resolve.question')}</legend>
        <Choice value="done" chosen={outcome} onChoose={setOutcome} title={text('run.resolve.done')} hint={text('run.resolve.doneHint')} />
        <Choice value="absent" chosen={outcome} onChoose={setOutcome} title={text('run.resolve.absent')} hint={text('run.resolve.absentHint')} />
      </fieldset>
      {outcome === 'done' && (
        <JsonField label={text('run.resolve.result')} hint={text('run.resolve.resultHint')} value={result} rows={4} onChange={setResult} />
      )}
    </AskingForm>
  );
}

function Choice({
  value,
  chosen,
  onChoose,
  title,
  hint,
}: {
  value: Outcome;
  chosen: Outcome | undefined;
  onChoose: (value: Outcome) => void;
  title: string;
  hint: string;
}) {
  const id = useId();
  return (
    <div className="relative flex cursor-pointer items-start gap-2 rounded-md border border-line-strong p-2.5 hover:bg-hover has-checked:border-accent has-checked:bg-selected has-focus-visible:outline-2 has-focus-visible:outline-focus">
      <input
        id={id}
        type="radio"
        name="outcome"
        value={value}
        checked={chosen === value}
        onChange={() => onChoose(value)}
        className="mt-1 accent-(--accent-fill)"
      />
      <span>
        <label htmlFor={id} className="cursor-pointer font-medium after:absolute after:inset-0">
          {title}
        </label>
        <span id={`${id}-hint`} className="block text-xs text-ink-soft">
          {hint}
        </span>
      </span>
    </div>
  );
}
