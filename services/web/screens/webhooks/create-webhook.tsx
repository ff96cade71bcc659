'use client';
// A new webhook: what its deliveries become and how they are signed; then address and secret, this once, with lines that try it.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { addWebhook, webhooksQuery, type CreatedWebhook, type NewWebhook, type WebhookScheme } from '../../api/webhooks.ts';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { Select } from '../../design/select.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { useText } from '../../language/language.tsx';
import { isFlow, isHeader, isWebhookName } from './names.ts';
import { SecretOnce } from './secret-once.tsx';

const SCHEMES = ['standard', 'github', 'token'] as const;
const TARGETS = ['event', 'run'] as const;
type Target = (typeof TARGETS)[number];

export interface CreateWebhookProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  readonly taken: readonly string[];
}

export function CreateWebhook({ open, onOpenChange, taken }: CreateWebhookProps) {
  const text = useText();
  const [made, setMade] = useState<CreatedWebhook>();
  return (
    <>
      <NewForm key={String(open)} open={open} onOpenChange={onOpenChange} taken={taken} onMade={setMade} />
      {made !== undefined && <SecretOnce made={made} title={text('webhooks.made', { name: made.name })} onClose={() => setMade(undefined)} />}
    </>
  );
}

interface Draft {
  readonly name: string;
  readonly target: Target;
  readonly type: string;
  readonly flow: string;
  readonly scheme: WebhookScheme;
  readonly header: string;
}
const EMPTY: Draft = { name: '', target: 'event', type: '', flow: '', scheme: 'standard', header: '' };

/** With a flow as target the type names nothing that is seen: it follows the name. */
function bodyOf({ name, target, type, flow, scheme, header }: Draft): NewWebhook {
  const becomes = target === 'event' ? { type } : { type: `webhook.${name}`, flow };
  return { name, scheme, ...becomes, ...(scheme === 'token' && header !== '' && { header }) };
}

const isWhole = ({ name, target, type, flow, scheme, header }: Draft): boolean =>
  isWebhookName(name) && (target === 'event' ? type !== '' : isFlow(flow)) && (scheme !== 'token' || header === '' || isHeader(header));

function NewForm({ open, onOpenChange, taken, onMade }: CreateWebhookProps & { onMade: (made: CreatedWebhook) => void }) {
  const text = useText();
  const client = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const isTaken = taken.includes(draft.name);
  const submit = async (): Promise<void> => {
    onMade(await addWebhook(bodyOf(draft)));
    await client.invalidateQueries({ queryKey: webhooksQuery.queryKey });
  };
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={text('webhooks.create')}
      verb={text('webhooks.create')}
      ready={isWhole(draft) && !isTaken}
      onSubmit={submit}
    >
      <Field
        label={text('settings.name')}
        hint={text('settings.environments.nameRule')}
        problem={isTaken ? text('settings.nameTaken') : draft.name !== '' && !isWebhookName(draft.name) && text('settings.environments.nameRule')}
      >
        <TextInput
          value={draft.name}
          onChange={(event) => set({ name: event.target.value.trim() })}
          maxLength={63}
          autoComplete="off"
          spellCheck={false}
          placeholder="shop-orders"
        />
      </Field>
      <TargetFields draft={draft} set={set} />
      <SchemeFields draft={draft} set={set} />
    </FormDialog>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  set(change: Partial<Draft>): void;
}

function TargetFields({ draft, set }: FieldsProps) {
  const text = useText();
  return (
    <>
      <Field label={text('webhooks.becomes')}>
        <Select<Target>
          className="w-full"
          value={draft.target}
          options={TARGETS.map((value) => ({ value, text: text(`webhooks.targets.${value}`) }))}
          onChange={(target) => set({ target })}
        />
      </Field>
      {draft.target === 'event' ? (
        <Field label={text('webhooks.type')} hint={text('webhooks.typeHint')}>
          <TextInput
            value={draft.type}
            onChange={(event) => set({ type: event.target.value.trim() })}
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
            placeholder="com.example.order.placed"
          />
        </Field>
      ) : (
        <Field label={text('schedules.flow')} hint={text('webhooks.flowHint')} problem={draft.flow !== '' && !isFlow(draft.flow) && text('webhooks.flowRule')}>
          <TextInput
            value={draft.flow}
            onChange={(event) => set({ flow: event.target.value.trim() })}
            maxLength={150}
            autoComplete="off"
            spellCheck={false}
            placeholder="shop/order-intake"
          />
        </Field>
      )}
    </>
  );
}

function SchemeFields({ draft, set }: FieldsProps) {
  const text = useText();
  return (
    <>
      <Field label={text('webhooks.scheme')} hint={text(`webhooks.schemeHint.${draft.scheme}`)}>
        <Select<WebhookScheme>
          className="w-full"
          value={draft.scheme}
          options={SCHEMES.map((value) => ({ value, text: text(`webhooks.schemes.${value}`) }))}
          onChange={(scheme) => set({ scheme })}
        />
      </Field>
      {draft.scheme === 'token' && (
        <Field label={text('webhooks.header')} problem={draft.header !== '' && !isHeader(draft.header) && text('webhooks.headerRule')}>
          <TextInput
            value={draft.header}
            onChange={(event) => set({ header: event.target.value.trim() })}
            maxLength={60}
            autoComplete="off"
            spellCheck={false}
            placeholder="X-Webhook-Token"
          />
        </Field>
      )}
    </>
  );
}
