'use client';
import { useState } from 'react';
import { cancelRun, settled } from '../../api/run-verbs.ts';
import type { RunDetail } from '../../api/runs.ts';
import { Field } from '../../design/field.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { AskingForm } from './asking-form.tsx';
import { refused } from './refused.ts';

export function CancelDialog({ run, onClose }: { run: RunDetail; onClose: () => void }) {
  const text = useText();
  const [reason, setReason] = useState('');
  return (
    <AskingForm
      title={text('run.cancel.title')}
      description={text('run.cancel.hint')}
      verb={text('run.verb.cancel')}
      danger
      onClose={onClose}
      onSend={async () => {
        refused(await settled(await cancelRun(run.id, reason.trim() === '' ? undefined : reason.trim())), text);
        showToast({ title: text('run.did.cancel') });
      }}
    >
      <Field label={text('run.cancel.reason')} hint={text('run.cancel.reasonHint')}>
        <TextInput value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      </Field>
    </AskingForm>
  );
}
