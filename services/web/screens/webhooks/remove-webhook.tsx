'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { removeWebhook, webhooksQuery } from '../../api/webhooks.ts';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';

export function RemoveWebhook({ name, open, onClose }: { name: string; open: boolean; onClose: () => void }) {
  const text = useText();
  const router = useRouter();
  const client = useQueryClient();
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={text('webhooks.removeTitle', { name })}
      description={text('webhooks.removeHint')}
      verb={text('webhooks.remove')}
      name={name}
      onConfirm={async () => {
        await removeWebhook(name);
        router.push('/webhooks');
        await client.invalidateQueries({ queryKey: webhooksQuery.queryKey });
        showToast({ title: text('settings.removed', { name }) });
      }}
    />
  );
}
