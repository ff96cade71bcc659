'use client';
// A rule for one HOST:PORT. Removing can be undone: what it said is known.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { egressQuery, putEgressRule, removeEgressRule, type EgressRuleView } from '../../api/egress.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { Select } from '../../design/select.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { isAddress } from './names.ts';
import { useUndoableRemoval } from './use-undoable-removal.ts';

const ACTIONS = ['allow', 'deny'] as const;

export function EgressForm({ found, onClose }: { found: EgressRuleView | undefined; onClose: () => void }) {
  const text = useText();
  const reread = useReread();
  const remove = useUndoableRemoval(reread);
  const [address, setAddress] = useState(found?.address ?? '');
  const [action, setAction] = useState<'allow' | 'deny'>(found?.action ?? 'allow');
  const [reason, setReason] = useState(found?.reason ?? '');
  const save = async (): Promise<void> => {
    await putEgressRule(address, { action, reason: reason.trim() });
    await reread();
    showToast({ title: text('settings.saved') });
  };
  return (
    <FormDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={found?.address ?? text('settings.egress.create')}
      description={text('settings.egress.hint')}
      verb={text('design.save')}
      ready={isAddress(address) && reason.trim() !== ''}
      onSubmit={save}
      aside={
        found !== undefined && (
          <Button
            tone="quiet"
            className="text-bad"
            onClick={() => {
              onClose();
              void remove({
                name: found.address,
                remove: () => removeEgressRule(found.address),
                putBack: () => putEgressRule(found.address, { action: found.action, reason: found.reason }),
              });
            }}
          >
            {text('settings.remove')}
          </Button>
        )
      }
    >
      {found === undefined && (
        <Field
          label={text('settings.egress.address')}
          hint={text('settings.egress.addressRule')}
          problem={address !== '' && !isAddress(address) && text('settings.egress.addressRule')}
        >
          <TextInput
            value={address}
            onChange={(event) => setAddress(event.target.value.trim())}
            placeholder="10.0.0.7:8443"
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
          />
        </Field>
      )}
      <Field label={text('settings.egress.action')}>
        <Select<'allow' | 'deny'>
          className="w-full"
          value={action}
          options={ACTIONS.map((one) => ({ value: one, text: text(`settings.egress.actions.${one}`) }))}
          onChange={setAction}
        />
      </Field>
      <Field label={text('settings.egress.reason')} hint={text('settings.egress.reasonHint')}>
        <TextInput value={reason} onChange={(event) => setReason(event.target.value)} maxLength={300} autoComplete="off" />
      </Field>
    </FormDialog>
  );
}

function useReread(): () => Promise<unknown> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: egressQuery.queryKey });
}
