'use client';
// A new secret; the one before counts for a while longer, so that the sender can change over.
import { useState } from 'react';
import { rotateWebhook, type RotatedWebhook, type Webhook } from '../../api/webhooks.ts';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { Select } from '../../design/select.tsx';
import { useText } from '../../language/language.tsx';
import { SecretOnce } from './secret-once.tsx';

/** In seconds. */
const OVERLAPS = { none: 0, hour: 3_600, day: 86_400, week: 604_800 } as const;
type Overlap = keyof typeof OVERLAPS;

export function RotateSecret({ found, open, onClose }: { found: Webhook; open: boolean; onClose: () => void }) {
  const text = useText();
  const [overlap, setOverlap] = useState<Overlap>('day');
  const [made, setMade] = useState<RotatedWebhook>();
  return (
    <>
      {open && (
        <FormDialog
          open
          onOpenChange={(next) => !next && onClose()}
          title={text('webhooks.rotateTitle', { name: found.name })}
          description={text('webhooks.rotateHint')}
          verb={text('webhooks.rotate')}
          onSubmit={async () => setMade(await rotateWebhook(found.name, OVERLAPS[overlap]))}
        >
          <Field label={text('webhooks.overlap')}>
            <Select<Overlap>
              className="w-full"
              value={overlap}
              options={(Object.keys(OVERLAPS) as Overlap[]).map((value) => ({ value, text: text(`webhooks.overlaps.${value}`) }))}
              onChange={setOverlap}
            />
          </Field>
        </FormDialog>
      )}
      {made !== undefined && <SecretOnce made={made} title={text('webhooks.rotated', { name: made.name })} onClose={() => setMade(undefined)} />}
    </>
  );
}
