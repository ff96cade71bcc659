'use client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { flowQuery } from '../../../api/flows.ts';
import { FlowCanvas } from '../canvas/flow-canvas.tsx';

export function FlowPage({ namespace, name }: { namespace: string; name: string }) {
  const { data } = useQuery(flowQuery(namespace, name));
  const [selected, setSelected] = useState<string>();
  return data === undefined ? null : <FlowCanvas document={data.document} label={name} selected={selected} onSelect={setSelected} />;
}
