// One column of a table: what stands over it and in it, and how wide it is. Called by table.tsx and table-row.tsx.
import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly id: string;
  readonly title: ReactNode;
  /** A track of a CSS grid: `8rem`, `minmax(10rem, 1fr)`. */
  readonly width: string;
  /** Where the screen is narrow; without it `width`. */
  readonly narrow?: string;
  readonly align?: 'start' | 'end';
  /** Left out on a narrow screen. */
  readonly wideOnly?: boolean;
  cell(row: Row): ReactNode;
}
