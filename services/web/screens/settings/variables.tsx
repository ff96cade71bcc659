'use client';
// Variables of the environment that is chosen in the top bar: any JSON, for everybody who may read.
import Braces from 'lucide-react/icons/braces';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useEnvironment } from '../../api/environments.ts';
import { useMay } from '../../api/me.ts';
import { variablesQuery, type VariableView } from '../../api/variables.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table, type Column } from '../../design/table.tsx';
import { ValueTree } from '../../design/value-tree.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useMainAction } from '../../palette/main-action.tsx';
import { NEW } from './names.ts';
import { Who } from './who.tsx';
import { InEnvironment } from './in-environment.tsx';
import { ReadDialog } from './read-dialog.tsx';
import { VariableForm } from './variable-form.tsx';

export function Variables() {
  const text = useText();
  const environment = useEnvironment();
  const may = useMay('environment.write');
  const [form, setForm] = useState<string>();
  const { data, error, refetch } = useQuery(variablesQuery(environment));
  const columns = useMemo(() => columnsOf(text), [text]);
  const create = useMainAction({
    may,
    id: 'variables.create',
    title: text('settings.variables.create'),
    group: text('settings.section.variables'),
    run: () => setForm(NEW),
  });
  const found = data?.find(({ name }) => name === form);
  return (
    <>
      <PageHeader
        title={text('settings.section.variables')}
        about={<InEnvironment name={environment} about={text('settings.variables.about')} />}
        actions={create}
      />
      <ListState
        rows={data}
        problem={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={<Braces aria-hidden />} title={text('settings.variables.none')} action={create}>
            {text('settings.variables.noneHint')}
          </EmptyState>
        }
      >
        {(variables) => (
          <Table
            main
            label={text('settings.section.variables')}
            rows={variables}
            columns={columns}
            rowKey={({ name }) => name}
            onOpen={({ name }) => setForm(name)}
          />
        )}
      </ListState>
      {may && form !== undefined && (form === NEW || found !== undefined) && (
        <VariableForm environment={environment} found={found} taken={(data ?? []).map(({ name }) => name)} onClose={() => setForm(undefined)} />
      )}
      {!may && found !== undefined && (
        <ReadDialog title={found.name} onClose={() => setForm(undefined)}>
          <ValueTree value={found.value} label={found.name} />
        </ReadDialog>
      )}
    </>
  );
}

const SHOWN_LETTERS = 200;

const columnsOf = (text: Text): readonly Column<VariableView>[] => [
  { id: 'name', title: text('settings.name'), width: 'minmax(9rem, 16rem)', cell: ({ name }) => <code className="font-mono text-xs font-medium">{name}</code> },
  {
    id: 'value',
    title: text('settings.variables.value'),
    width: 'minmax(9rem, 1fr)',
    cell: ({ value }) => <code className="foreign font-mono text-xs text-ink-soft">{JSON.stringify(value).slice(0, SHOWN_LETTERS)}</code>,
  },
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
