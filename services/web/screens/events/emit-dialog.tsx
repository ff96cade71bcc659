'use client';
// An event from a person: it starts and wakes what any other of its type does.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { emitEvent } from '../../api/events.ts';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { JsonField } from '../run/json-field.tsx';
import { readJson } from '../run/json-text.ts';

const SOURCE = '/console';

export function EmitDialog({ onClose }: { onClose: () => void }) {
  const text = useText();
  const client = useQueryClient();
  // Sent twice it is one event.
  const [id] = useState(() => crypto.randomUUID());
  const [type, setType] = useState('');
  const [source, setSource] = useState(SOURCE);
  const [subject, setSubject] = useState('');
  const [data, setData] = useState('{}');
  const read = readJson(data);
  const submit = async (): Promise<void> => {
    if (!read.ok) return;
    await emitEvent({
      id,
      type: type.trim(),
      source: source.trim(),
      ...(subject.trim() !== '' && { subject: subject.trim() }),
      ...(read.value !== undefined && { data: read.value }),
    });
    showToast({ title: text('events.emitted', { type: type.trim() }) });
    await client.invalidateQueries({ queryKey: ['events'] });
  };
  return (
    <FormDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={text('events.emit')}
      description={text('events.emitHint')}
      verb={text('events.emit')}
      ready={type.trim() !== '' && source.trim() !== '' && read.ok}
      onSubmit={submit}
    >
      <Field label={text('events.type')} hint={text('events.typeHint')}>
        <TextInput
          value={type}
          onChange={(event) => setType(event.target.value)}
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          placeholder="com.example.order.placed"
        />
      </Field>
      <div className="grid grid-cols-2 gap-3 max-narrow:grid-cols-1">
        <Field label={text('events.source')}>
          <TextInput value={source} onChange={(event) => setSource(event.target.value)} maxLength={500} autoComplete="off" spellCheck={false} />
        </Field>
        <Field label={text('events.subjectOptional')}>
          <TextInput value={subject} onChange={(event) => setSubject(event.target.value)} maxLength={500} autoComplete="off" />
        </Field>
      </div>
      <JsonField label={text('events.data')} value={data} onChange={setData} />
    </FormDialog>
  );
}
