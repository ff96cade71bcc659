'use client';
// A value out of one event: short ones are there, long ones are asked for when they are looked at.
import { useQuery } from '@tanstack/react-query';
import { wholeEventQuery } from '../../api/run-events.ts';
import { ProblemLine } from '../../design/problem-view.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { ValueTree } from '../../design/value-tree.tsx';
import { useText } from '../../language/language.tsx';

/** `name`: of the field in the event's data. Where the event does not tell it: nothing. */
export function WholeValue({ run, seq, name, label }: { run: string; seq: number; name: string; label: string }) {
  const text = useText();
  const { data, error } = useQuery(wholeEventQuery(run, seq));
  if (error !== null && data === undefined) return <ProblemLine problem={error} />;
  if (data === undefined) return <Skeleton className="h-4 w-40" />;
  const found = (data?.data ?? {}) as Readonly<Record<string, unknown>>;
  if (!Object.hasOwn(found, name)) return <p className="text-ink-faint">{text('run.notTold')}</p>;
  return <ValueTree value={found[name]} label={label} />;
}
