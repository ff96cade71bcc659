'use client';
// Whether what is shown is as it is now. Shape and word beside the colour.
import { useLiveState, type LiveState } from '../api/live.ts';
import { classes } from '../design/classes.ts';
import { Tooltip } from '../design/tooltip.tsx';
import { useText } from '../language/language.tsx';

const LOOKS: Readonly<Record<LiveState, string>> = {
  live: 'rounded-full bg-good-bar',
  reconnecting: 'pulse-soft rounded-full border-2 border-warn-bar bg-transparent',
  offline: 'rotate-45 bg-bad-bar',
};

export function LiveDot() {
  const text = useText();
  const state = useLiveState();
  return (
    <Tooltip text={text(`frame.liveHint.${state}`)}>
      <button type="button" className="flex h-control cursor-default items-center gap-1.5 rounded-md px-1.5 text-xs text-ink-soft">
        <span aria-hidden className={classes('size-2 shrink-0', LOOKS[state])} />
        <span role="status" className={classes(state === 'live' && 'max-narrow:sr-only')}>
          {text(`frame.live.${state}`)}
        </span>
      </button>
    </Tooltip>
  );
}
