'use client';
// A state by shape, colour and word.
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleHelp from 'lucide-react/icons/circle-question-mark';
import CircleX from 'lucide-react/icons/circle-x';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { LucideIcon } from 'lucide-react';
import { classes } from '../../design/classes.ts';
import { useText } from '../../language/language.tsx';
import type { State } from './judge.ts';

const LOOKS: Readonly<Record<State, { readonly Icon: LucideIcon; readonly ink: string }>> = {
  good: { Icon: CircleCheck, ink: 'text-good' },
  warn: { Icon: TriangleAlert, ink: 'text-warn' },
  bad: { Icon: CircleX, ink: 'text-bad' },
  unknown: { Icon: CircleHelp, ink: 'text-idle' },
};

/** `quiet`: the word is for who hears the page. */
export function StateMark({ state, quiet = false, className }: { state: State; quiet?: boolean; className?: string }) {
  const { Icon, ink } = LOOKS[state];
  const text = useText();
  return (
    <span className={classes('inline-flex shrink-0 items-center gap-1 text-xs', ink, className)}>
      <Icon aria-hidden className="size-3.5" />
      <span className={quiet ? 'sr-only' : undefined}>{text(`health.state.${state}`)}</span>
    </span>
  );
}
