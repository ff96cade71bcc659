'use client';
// Secrets of the environment that is chosen in the top bar. Values go in and are never shown: neither here nor anywhere.
import Lock from 'lucide-react/icons/lock';
import RefreshCw from 'lucide-react/icons/refresh-cw';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { allItems } from '../../api/all-items.ts';
import { useEnvironment } from '../../api/environments.ts';
import { useMay } from '../../api/me.ts';
import { rotateSecrets, secretsQuery, type SecretView } from '../../api/secrets.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table, type Column } from '../../design/table.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useCommands, type Command } from '../../palette/commands.tsx';
import { useMainAction } from '../../palette/main-action.tsx';
import { NEW } from './names.ts';
import { Who } from './who.tsx';
import { InEnvironment } from './in-environment.tsx';
import { SecretForm } from './secret-form.tsx';

export function Secrets() {
  const text = useText();
  const environment = useEnvironment();
  const may = useMay('secret.write');
  const [form, setForm] = useState<string>();
  const [rotating, setRotating] = useState(false);
  const { data, error, refetch, fetchNextPage } = useInfiniteQuery(secretsQuery(environment));
  const rows = allItems(data);
  const columns = useMemo(() => columnsOf(text), [text]);
  useCommands(useMemo(() => (may ? [rotation(text, () => setRotating(true))] : []), [may, text]));
  const create = useMainAction({
    may,
    id: 'secrets.create',
    title: text('settings.secrets.create'),
    group: text('settings.section.secrets'),
    run: () => setForm(NEW),
  });
  const found = rows?.find(({ name }) => name === form);
  return (
    <>
      <PageHeader
        title={text('settings.section.secrets')}
        about={<InEnvironment name={environment} about={text('settings.secrets.about')} />}
        actions={
          may && (
            <>
              <Button icon={<RefreshCw aria-hidden className="size-3.5" />} onClick={() => setRotating(true)}>
                {text('settings.secrets.rotate')}
              </Button>
              {create}
            </>
          )
        }
      />
      <ListState
        rows={rows}
        problem={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={<Lock aria-hidden />} title={text('settings.secrets.none')} action={create}>
            {text('settings.secrets.noneHint')}
          </EmptyState>
        }
      >
        {(secrets) => (
          <Table
            main
            label={text('settings.section.secrets')}
            rows={secrets}
            columns={columns}
            rowKey={({ name }) => name}
            {...(may && { onOpen: ({ name }: SecretView) => setForm(name) })}
            onEnd={() => void fetchNextPage()}
          />
        )}
      </ListState>
      {may && form !== undefined && (form === NEW || found !== undefined) && (
        <SecretForm environment={environment} found={found} taken={(rows ?? []).map(({ name }) => name)} onClose={() => setForm(undefined)} />
      )}
      <Rotate open={rotating} onOpenChange={setRotating} />
    </>
  );
}

const rotation = (text: Text, run: () => void): Command => ({
  id: 'secrets.rotate',
  title: text('settings.secrets.rotate'),
  group: text('settings.section.secrets'),
  Icon: RefreshCw,
  run,
});

const columnsOf = (text: Text): readonly Column<SecretView>[] => [
  { id: 'name', title: text('settings.name'), width: 'minmax(9rem, 1fr)', cell: ({ name }) => <code className="font-mono text-xs font-medium">{name}</code> },
  { id: 'value', title: text('settings.secrets.value'), width: '8rem', cell: () => <Masked /> },
  { id: 'kind', title: text('settings.value.kind'), width: '5rem', cell: ({ kind }) => text(`settings.value.kinds.${kind}`) },
  { id: 'version', title: text('settings.version'), width: '5rem', align: 'end', wideOnly: true, cell: ({ version }) => version },
  {
    id: 'by',
    title: text('settings.by'),
    width: '11rem',
    wideOnly: true,
    cell: ({ updatedBy }) => <Who id={updatedBy} />,
  },
  { id: 'updated', title: text('settings.updated'), width: '8rem', cell: ({ updatedAt }) => <RelativeTime at={updatedAt} className="text-ink-soft" /> },
];

function Masked() {
  const text = useText();
  return (
    <span className="text-ink-faint">
      <span aria-hidden>••••••••</span>
      <span className="sr-only">{text('settings.secrets.hidden')}</span>
    </span>
  );
}

function Rotate({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const text = useText();
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      danger={false}
      title={text('settings.secrets.rotate')}
      description={text('settings.secrets.rotateHint')}
      verb={text('settings.secrets.rotate')}
      onConfirm={async () => {
        const { resealed, keyVersion } = await rotateSecrets();
        showToast({ title: text('settings.secrets.rotated', { count: resealed, version: keyVersion }) });
      }}
    />
  );
}
