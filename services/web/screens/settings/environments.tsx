'use client';
// Environments: each with variables and secrets of its own. One is chosen to work in; one that holds nothing can be removed.
import Check from 'lucide-react/icons/check';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { chooseEnvironment, createEnvironment, environmentsQuery, removeEnvironment, useEnvironment } from '../../api/environments.ts';
import { useMay } from '../../api/me.ts';
import type { EnvironmentView } from '@palace/gateway/contract.ts';
import { Badge } from '../../design/badge.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table, type Column } from '../../design/table.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useMainAction } from '../../palette/main-action.tsx';
import { EnvironmentDialog } from './environment-dialog.tsx';
import { Who } from './who.tsx';
import { isEnvironmentName } from './names.ts';

export function Environments() {
  const text = useText();
  const may = useMay('environment.write');
  const chosen = useEnvironment();
  const [creating, setCreating] = useState(false);
  const [opened, setOpened] = useState<string>();
  const [removing, setRemoving] = useState<string>();
  const { data, error, refetch } = useQuery(environmentsQuery);
  const columns = useMemo(() => columnsOf(text, chosen), [text, chosen]);
  const create = useMainAction({
    may,
    id: 'environments.create',
    title: text('settings.environments.create'),
    group: text('settings.section.environments'),
    run: () => setCreating(true),
  });
  return (
    <>
      <PageHeader title={text('settings.section.environments')} about={text('settings.environments.about')} actions={create} />
      <ListState rows={data} problem={error} onRetry={() => void refetch()} empty={null}>
        {(environments) => (
          <Table
            main
            label={text('settings.section.environments')}
            rows={environments}
            columns={columns}
            rowKey={({ name }) => name}
            current={chosen}
            onOpen={({ name }) => setOpened(name)}
          />
        )}
      </ListState>
      <NewEnvironment key={String(creating)} open={creating} onOpenChange={setCreating} taken={(data ?? []).map(({ name }) => name)} />
      <EnvironmentDialog
        found={data?.find(({ name }) => name === opened)}
        onClose={() => setOpened(undefined)}
        onRemove={(name) => {
          setOpened(undefined);
          setRemoving(name);
        }}
      />
      <Remove name={removing} onClose={() => setRemoving(undefined)} />
    </>
  );
}

const columnsOf = (text: Text, chosen: string): readonly Column<EnvironmentView>[] => [
  {
    id: 'name',
    title: text('settings.name'),
    width: 'minmax(10rem, 1fr)',
    cell: ({ name }) => (
      <span className="inline-flex min-w-0 items-center gap-2">
        <bdi className="truncate font-medium">{name}</bdi>
        {name === chosen && (
          <Badge tone="live" icon={<Check aria-hidden />}>
            {text('settings.environments.here')}
          </Badge>
        )}
      </span>
    ),
  },
  { id: 'variables', title: text('settings.section.variables'), width: '7rem', align: 'end', cell: ({ variables }) => variables },
  { id: 'secrets', title: text('settings.section.secrets'), width: '7rem', align: 'end', cell: ({ secrets }) => secrets },
  {
    id: 'by',
    title: text('settings.by'),
    width: '12rem',
    wideOnly: true,
    cell: ({ createdBy }) => createdBy !== undefined && <Who id={createdBy} />,
  },
  {
    id: 'created',
    title: text('settings.created'),
    width: '8rem',
    wideOnly: true,
    cell: ({ createdAt }) =>
      createdAt === undefined ? (
        <span className="text-ink-faint">{text('settings.environments.always')}</span>
      ) : (
        <RelativeTime at={createdAt} className="text-ink-soft" />
      ),
  },
];

function NewEnvironment({ open, onOpenChange, taken }: { open: boolean; onOpenChange: (open: boolean) => void; taken: readonly string[] }) {
  const text = useText();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const isTaken = taken.includes(name);
  const create = async (): Promise<void> => {
    await createEnvironment(name);
    await client.invalidateQueries({ queryKey: environmentsQuery.queryKey });
    showToast({
      title: text('settings.environments.made', { name }),
      action: { label: text('settings.environments.work'), run: () => chooseEnvironment(name) },
    });
  };
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={text('settings.environments.create')}
      verb={text('settings.environments.create')}
      ready={isEnvironmentName(name) && !isTaken}
      onSubmit={create}
    >
      <Field
        label={text('settings.name')}
        hint={text('settings.environments.nameRule')}
        problem={isTaken ? text('settings.nameTaken') : name !== '' && !isEnvironmentName(name) && text('settings.environments.nameRule')}
      >
        <TextInput
          value={name}
          onChange={(event) => setName(event.target.value.trim())}
          maxLength={63}
          autoComplete="off"
          spellCheck={false}
          placeholder="staging"
        />
      </Field>
    </FormDialog>
  );
}

function Remove({ name, onClose }: { name: string | undefined; onClose: () => void }) {
  const text = useText();
  const client = useQueryClient();
  if (name === undefined) return null;
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={text('settings.environments.removeTitle', { name })}
      description={text('settings.environments.removeHint')}
      verb={text('settings.remove')}
      name={name}
      onConfirm={async () => {
        await removeEnvironment(name);
        await client.invalidateQueries({ queryKey: environmentsQuery.queryKey });
        showToast({ title: text('settings.removed', { name }) });
      }}
    />
  );
}
