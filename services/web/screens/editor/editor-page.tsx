'use client';
// Opens the editor on the newest version of a flow.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { flowQuery } from '../../api/flows.ts';
import { ProblemView } from '../../design/problem-view.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { useCrumbs } from '../../frame/crumbs.tsx';
import { useText } from '../../language/language.tsx';
import { FlowEditor } from './flow-editor.tsx';

export function EditorPage({ namespace, name }: { namespace: string; name: string }) {
  const text = useText();
  const flow = `${namespace}/${name}`;
  const { data, error, refetch } = useQuery(flowQuery(namespace, name));
  useCrumbs(useMemo(() => [{ title: flow, href: `/flows/${flow}` }, { title: text('editor.editor') }], [flow, text]));
  if (data === undefined) return error === null ? <SkeletonRows count={14} /> : <ProblemView heading="h1" problem={error} onRetry={() => void refetch()} />;
  return <FlowEditor key={flow} draftName={flow} published={data.source} newest={data} />;
}
