'use client';
// "Pause everything": nothing new begins within a second; what is under way ends. The reason is shown to everybody.
import CirclePause from 'lucide-react/icons/circle-pause';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { haltsQuery } from '../../api/flows.ts';
import { hold } from '../../api/health.ts';
import { useMay, useMe } from '../../api/me.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { useCommands } from '../../palette/commands.tsx';
import { widestScope } from './halt-scope.ts';

export function HoldButton() {
  const text = useText();
  const may = useMay('run.control');
  const [asking, setAsking] = useState(false);
  useCommands(
    useMemo(
      () => (may ? [{ id: 'health.hold', title: text('health.hold'), group: text('frame.place.health'), Icon: CirclePause, run: () => setAsking(true) }] : []),
      [may, text],
    ),
  );
  if (!may) return null;
  return (
    <>
      <Button icon={<CirclePause aria-hidden className="size-3.5" />} onClick={() => setAsking(true)}>
        {text('health.hold')}
      </Button>
      {asking && <Asking onClose={() => setAsking(false)} />}
    </>
  );
}

function Asking({ onClose }: { onClose: () => void }) {
  const text = useText();
  const client = useQueryClient();
  const { data: me } = useMe();
  const [reason, setReason] = useState('');
  if (me === undefined) return null;
  const scope = widestScope(me);
  const submit = async (): Promise<void> => {
    await hold(scope, reason.trim() === '' ? undefined : reason.trim());
    await client.invalidateQueries({ queryKey: haltsQuery.queryKey });
    showToast({ title: text('health.holds') });
  };
  return (
    <FormDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={text('health.hold')}
      description={'all' in scope ? text('health.holdAllHint') : text('health.holdTenantHint', { tenant: me.tenant })}
      verb={text('health.hold')}
      onSubmit={submit}
    >
      <Field label={text('health.reason')} hint={text('health.reasonHint')}>
        <TextInput value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} autoComplete="off" />
      </Field>
    </FormDialog>
  );
}
