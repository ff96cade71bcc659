'use client';
// The four states of a list: rows, none yet, none at all, and why they could not be read. Rows that are there stay when a later answer fails.
import type { ReactNode } from 'react';
import { ProblemView } from './problem-view.tsx';
import { SkeletonRows } from './skeleton.tsx';

export interface ListStateProps<Row> {
  readonly rows: readonly Row[] | undefined;
  readonly problem: unknown;
  onRetry(): void;
  /** An EmptyState. */
  readonly empty: ReactNode;
  children(rows: readonly Row[]): ReactNode;
}

export function ListState<Row>({ rows, problem, onRetry, empty, children }: ListStateProps<Row>) {
  if (rows === undefined) return problem === null || problem === undefined ? <SkeletonRows /> : <ProblemView problem={problem} onRetry={onRetry} />;
  return rows.length === 0 ? empty : children(rows);
}
