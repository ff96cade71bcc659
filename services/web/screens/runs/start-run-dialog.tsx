'use client';
// "Run a flow": which one, in which version and environment, with which input. One press is one run: it goes under one key.
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useEffect, useId, useMemo, useState } from 'react';
import { useEnvironment, useEnvironments } from '../../api/environments.ts';
import { flowQuery, flowsQuery, versionsQuery } from '../../api/flows.ts';
import { startRun } from '../../api/runs.ts';
import { Field } from '../../design/field.tsx';
import { Select } from '../../design/select.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { useText } from '../../language/language.tsx';
import { inputSketch } from '../flows/run-flow/run-input.ts';
import { AskingForm } from '../run/asking-form.tsx';
import { JsonField } from '../run/json-field.tsx';
import { readJson } from '../run/json-text.ts';

const LATEST = 'latest';
const NONE: readonly string[] = [];

export function StartRunDialog({ flow: asked, onClose }: { flow: string | undefined; onClose: () => void }) {
  const text = useText();
  const router = useRouter();
  const queries = useQueryClient();
  const names = useFlowNames();
  const here = useEnvironment();
  const environments = useEnvironments().data ?? [];
  const [flow, setFlow] = useState(asked ?? '');
  const [version, setVersion] = useState(LATEST);
  const [environment, setEnvironment] = useState(here);
  const [typed, setTyped] = useState<string>();
  const [key] = useState(() => crypto.randomUUID());
  const known = names.includes(flow);
  const [namespace = '', name = ''] = flow.split('/');
  const versions = useQuery({ ...versionsQuery(namespace, name), enabled: known }).data ?? [];
  const { data } = useQuery({ ...flowQuery(namespace, name, version === LATEST ? undefined : version), enabled: known });
  const input = typed ?? inputSketch(data?.document);
  const read = readJson(input);
  const shownEnvironment = environments.some((one) => one.name === environment) ? environment : 'default';
  return (
    <AskingForm
      title={text('runs.start.title')}
      description={data?.title ?? text('runs.start.hint')}
      verb={text('runs.start.send')}
      ready={known && read.ok}
      onClose={onClose}
      onSend={async () => {
        const value = read.ok ? read.value : undefined;
        const { id } = await startRun(
          { flow: version === LATEST ? flow : `${flow}@${version}`, environment: shownEnvironment, ...(value !== undefined && { input: value }) },
          key,
        );
        void queries.invalidateQueries({ queryKey: ['runs'] });
        router.push(`/runs/${id}`);
      }}
    >
      <FlowField
        flow={flow}
        names={names}
        onChange={(next) => {
          setFlow(next);
          setVersion(LATEST);
          setTyped(undefined);
        }}
      />
      <div className="grid gap-x-3 sm:grid-cols-2">
        <Field label={text('runs.start.version')}>
          <Select
            value={version}
            onChange={setVersion}
            disabled={!known}
            options={[{ value: LATEST, text: text('runs.start.latest') }, ...versions.map((one) => ({ value: one.version, text: <bdi>{one.version}</bdi> }))]}
          />
        </Field>
        <Field label={text('runs.filter.environment')}>
          <Select
            value={shownEnvironment}
            onChange={setEnvironment}
            options={(environments.length === 0 ? [{ name: 'default' }] : environments).map((one) => ({ value: one.name, text: <bdi>{one.name}</bdi> }))}
          />
        </Field>
      </div>
      <JsonField label={text('runs.start.input')} hint={text('runs.start.inputHint')} rows={8} value={input} onChange={setTyped} />
    </AskingForm>
  );
}

/** One of the flows there are: the browser offers those that fit what is typed. */
function FlowField({ flow, names, onChange }: { flow: string; names: readonly string[]; onChange: (flow: string) => void }) {
  const text = useText();
  const list = useId();
  const unknown = flow !== '' && names.length > 0 && !names.includes(flow);
  return (
    <>
      <Field label={text('runs.start.flow')} problem={unknown ? text('runs.start.unknown') : undefined}>
        <TextInput
          list={list}
          value={flow}
          autoComplete="off"
          spellCheck={false}
          placeholder="namespace/name"
          onChange={(event) => onChange(event.target.value)}
        />
      </Field>
      <datalist id={list}>
        {names.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </datalist>
    </>
  );
}

/** All of them, page by page: they are looked through here. */
function useFlowNames(): readonly string[] {
  const { data, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(flowsQuery);
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return useMemo(() => data?.pages.flatMap(({ items }) => items.map(({ namespace, name }) => `${namespace}/${name}`)) ?? NONE, [data]);
}
