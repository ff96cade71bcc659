'use client';
// Retry and fork: from which step, with which data, and which acts would be done again. Those are told by the server before anything is
// done, and accepted one by one by who asks for it.
import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useMay } from '../../api/me.ts';
import { forkFrom, retryFrom, settled, type ForkWish } from '../../api/run-verbs.ts';
import type { RunDetail } from '../../api/runs.ts';
import { Checkbox } from '../../design/checkbox.tsx';
import { Field } from '../../design/field.tsx';
import { Select } from '../../design/select.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { AskingForm } from './asking-form.tsx';
import { JsonField } from './json-field.tsx';
import { readJson } from './json-text.ts';
import { refused } from './refused.ts';
import { Repeats, mustAccept } from './repeats.tsx';
import type { StepNode } from './step-node.ts';
import { nameOf } from './step-row.tsx';

type Effects = NonNullable<ForkWish['effects']>;

interface GoBackProps {
  readonly run: RunDetail;
  readonly kind: 'retry' | 'fork';
  readonly node: StepNode | undefined;
  onClose(): void;
}

/** The last event before the step began. */
const pointBefore = (node: StepNode | undefined): number | undefined => {
  const seq = node?.inputSeq ?? node?.seqs[0];
  return seq === undefined ? undefined : Math.max(1, seq - 1);
};

export function GoBackDialog({ run, kind, node, onClose }: GoBackProps) {
  const text = useText();
  const router = useRouter();
  const mayRepeat = useMay('run.repeat-effects');
  const [effects, setEffects] = useState<Effects>('keep');
  const [edits, setEdits] = useState(NO_EDITS);
  const [accepted, setAccepted] = useState<ReadonlySet<string>>(new Set());
  const [key] = useState(() => crypto.randomUUID());
  const atSeq = pointBefore(node);
  const preview = useQuery({
    queryKey: ['fork-preview', run.id, atSeq, effects],
    queryFn: () => forkFrom(run.id, { atSeq: atSeq ?? 1, effects, preview: true }),
    enabled: atSeq !== undefined,
    retry: false,
  });
  const input = readJson(edits.on ? edits.input : '');
  const context = readJson(edits.on ? edits.context : '');
  const all = mustAccept(preview.data).every(({ key: one }) => accepted.has(one));
  const ready = input.ok && context.ok && all && (atSeq === undefined || preview.data !== undefined);
  const step = node === undefined ? text('run.back.failedStep') : nameOf(node, text, run.flow);
  const send = async (): Promise<void> => {
    if (kind === 'retry') {
      const wish = { effects: effects === 'dry' ? 'keep' : effects, ...(node !== undefined && { step: node.pointer }) } as const;
      refused(await settled(await retryFrom(run.id, wish)), text);
      showToast({ title: text('run.did.retry') });
      return;
    }
    const edited = {
      ...(input.ok && input.value !== undefined && { input: input.value }),
      ...(context.ok && context.value !== undefined && { context: context.value }),
    };
    const { id } = await forkFrom(run.id, { atSeq: atSeq ?? 1, effects, ...edited }, key);
    showToast({ title: text('run.did.fork') });
    if (id !== undefined) router.push(`/runs/${id}`);
  };
  return (
    <AskingForm
      title={text(kind === 'retry' ? 'run.back.retryTitle' : 'run.back.forkTitle', { step })}
      description={text(kind === 'retry' ? 'run.back.retryHint' : 'run.back.forkHint')}
      verb={text(kind === 'retry' ? 'run.verb.retry' : 'run.verb.fork')}
      wide
      ready={ready}
      onClose={onClose}
      onSend={send}
    >
      <Field label={text('run.back.effects')} hint={text(`run.back.effectsHint.${effects}`)}>
        <Select<Effects>
          value={effects}
          onChange={setEffects}
          options={(['keep', 'again', 'dry'] as const)
            .filter((one) => (one !== 'again' || mayRepeat) && (one !== 'dry' || kind === 'fork'))
            .map((one) => ({ value: one, text: text(`run.back.effectsOf.${one}`) }))}
        />
      </Field>
      {kind === 'fork' && <EditFields edits={edits} onChange={setEdits} />}
      {atSeq !== undefined && <Repeats preview={preview} accepted={accepted} onAccept={setAccepted} />}
    </AskingForm>
  );
}

interface Edits {
  readonly on: boolean;
  readonly input: string;
  readonly context: string;
}
const NO_EDITS: Edits = { on: false, input: '', context: '' };

/** Other data at the point of the fork. */
function EditFields({ edits, onChange }: { edits: Edits; onChange: (edits: Edits) => void }) {
  const text = useText();
  return (
    <>
      <div className="mb-3">
        <Checkbox checked={edits.on} onChange={(on) => onChange({ ...edits, on })}>
          {text('run.back.edit')}
        </Checkbox>
      </div>
      {edits.on && (
        <div className="grid gap-x-3 sm:grid-cols-2">
          <JsonField label={text('run.back.input')} hint={text('run.back.keepHint')} value={edits.input} onChange={(input) => onChange({ ...edits, input })} />
          <JsonField
            label={text('run.back.context')}
            hint={text('run.back.keepHint')}
            value={edits.context}
            onChange={(context) => onChange({ ...edits, context })}
          />
        </div>
      )}
    </>
  );
}
