'use client';
import { useState } from 'react';
import { settled, signalRun } from '../../api/run-verbs.ts';
import type { RunDetail } from '../../api/runs.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { AskingForm } from './asking-form.tsx';
import { JsonField } from './json-field.tsx';
import { readJson } from './json-text.ts';
import { refused } from './refused.ts';

const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** Sends a signal. Those that the run waits for are offered by name. */
export function SignalDialog({ run, name: asked, onClose }: { run: RunDetail; name: string | undefined; onClose: () => void }) {
  const text = useText();
  const awaited = run.waitingFor.flatMap(({ kind, name }) => (kind === 'signal' && name !== undefined ? [name] : []));
  const [name, setName] = useState(asked ?? awaited[0] ?? '');
  const [data, setData] = useState('');
  const read = readJson(data);
  return (
    <AskingForm
      title={text('run.signal.title')}
      description={text('run.signal.hint')}
      verb={text('run.signal.send')}
      ready={NAME.test(name) && read.ok}
      onClose={onClose}
      onSend={async () => {
        const value = read.ok ? read.value : undefined;
        refused(await settled(await signalRun(run.id, { name, ...(value !== undefined && { data: value }) })), text);
        showToast({ title: text('run.did.signal', { name }) });
      }}
    >
      <Field label={text('run.signal.name')} problem={name === '' || NAME.test(name) ? undefined : text('run.signal.nameWrong')}>
        <TextInput value={name} onChange={(event) => setName(event.target.value)} autoComplete="off" spellCheck={false} className="font-mono" />
      </Field>
      {awaited.some((one) => one !== name) && (
        <p className="-mt-1 mb-3 flex flex-wrap items-center gap-1 text-xs text-ink-soft">
          {text('run.signal.awaited')}
          {awaited.map((one) => (
            <Button key={one} tone="quiet" className="h-6 px-1.5 text-xs text-accent" onClick={() => setName(one)}>
              {one}
            </Button>
          ))}
        </p>
      )}
      <JsonField label={text('run.signal.data')} hint={text('run.signal.dataHint')} value={data} onChange={setData} />
    </AskingForm>
  );
}
