'use client';
// One API key: what it is, its name, and the end of it.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { keysQuery, renameApiKey, revokeApiKey, type ApiKey } from '../../api/keys.ts';
import { useMay, useMe } from '../../api/me.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { IdText } from '../../design/id-text.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { Facts } from './facts.tsx';
import { ReadDialog } from './read-dialog.tsx';
import { mayManage } from './roles.ts';

export function KeyDialog({ found, onClose }: { found: ApiKey | undefined; onClose: () => void }) {
  const [revoking, setRevoking] = useState<ApiKey>();
  const { data: me } = useMe();
  const may = useMay('key.write') && found !== undefined && me !== undefined && mayManage(me.role, found.role) && found.revokedAt === undefined;
  const text = useText();
  return (
    <>
      {found !== undefined && may && <Edit key={found.id} found={found} onClose={onClose} onRevoke={() => setRevoking(found)} />}
      {found !== undefined && !may && (
        <ReadDialog title={<bdi>{found.name}</bdi>} onClose={onClose}>
          <KeyFacts found={found} />
          {found.revokedAt === undefined && <p className="text-ink-soft">{text('settings.keys.aboveYou')}</p>}
        </ReadDialog>
      )}
      <Revoke found={revoking} onClose={() => setRevoking(undefined)} />
    </>
  );
}

function Edit({ found, onClose, onRevoke }: { found: ApiKey; onClose: () => void; onRevoke: () => void }) {
  const text = useText();
  const client = useQueryClient();
  const [name, setName] = useState(found.name);
  const rename = async (): Promise<void> => {
    await renameApiKey(found.id, name.trim());
    await client.invalidateQueries({ queryKey: keysQuery.queryKey });
    showToast({ title: text('settings.saved') });
  };
  return (
    <FormDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={<bdi>{found.name}</bdi>}
      verb={text('design.save')}
      ready={name.trim() !== '' && name.trim() !== found.name}
      onSubmit={rename}
      aside={
        <Button
          tone="danger"
          onClick={() => {
            onClose();
            onRevoke();
          }}
        >
          {text('settings.keys.revoke')}
        </Button>
      }
    >
      <KeyFacts found={found} />
      <Field label={text('settings.name')}>
        <TextInput value={name} onChange={(event) => setName(event.target.value)} maxLength={100} autoComplete="off" />
      </Field>
    </FormDialog>
  );
}

function KeyFacts({ found }: { found: ApiKey }) {
  const text = useText();
  const { id, role, createdAt, expiresAt, lastUsedAt, revokedAt } = found;
  return (
    <Facts
      facts={[
        ['ID', <IdText key="id" id={id} />],
        [text('settings.role'), text(`frame.role.${role}`)],
        [text('settings.created'), <RelativeTime key="created" at={createdAt} />],
        [text('settings.expires'), expiresAt === undefined ? text('settings.keys.forever') : <RelativeTime key="expires" at={expiresAt} />],
        [text('settings.lastUsed'), lastUsedAt === undefined ? text('settings.never') : <RelativeTime key="used" at={lastUsedAt} />],
        [text('settings.keys.states.revoked'), revokedAt === undefined ? undefined : <RelativeTime key="revoked" at={revokedAt} />],
      ]}
    />
  );
}

function Revoke({ found, onClose }: { found: ApiKey | undefined; onClose: () => void }) {
  const text = useText();
  const client = useQueryClient();
  if (found === undefined) return null;
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={text('settings.keys.revokeTitle', { name: found.name })}
      description={text('settings.keys.revokeHint')}
      verb={text('settings.keys.revoke')}
      name={found.name}
      onConfirm={async () => {
        await revokeApiKey(found.id);
        await client.invalidateQueries({ queryKey: keysQuery.queryKey });
        showToast({ title: text('settings.keys.revoked', { name: found.name }) });
      }}
    />
  );
}
