'use client';
// What the reader of a screen most often wants to do there: one primary button, which is a command with a key too.
import Plus from 'lucide-react/icons/plus';
import type { LucideIcon } from 'lucide-react';
import { useEffect, useMemo, useRef, type ReactNode } from 'react';
import { Button } from '../design/button.tsx';
import { useCommands, type Command } from './commands.tsx';

export interface MainAction {
  /** Whether the reader may: without, there is no button and no command. */
  readonly may: boolean;
  readonly id: string;
  readonly title: string;
  /** The screen's name: its head in the palette. */
  readonly group: string;
  readonly Icon?: LucideIcon;
  run(): void;
}

export function useMainAction({ may, id, title, group, Icon = Plus, run }: MainAction): ReactNode {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useCommands(
    useMemo<readonly Command[]>(() => (may ? [{ id, title, group, keys: 'c', Icon, run: () => latest.current() }] : []), [may, id, title, group, Icon]),
  );
  if (!may) return null;
  return (
    <Button tone="primary" icon={<Icon aria-hidden className="size-3.5" />} onClick={run}>
      {title}
    </Button>
  );
}
