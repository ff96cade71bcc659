'use client';
// Which piece of the run's time is shown. As long as nobody zooms it is all of it, and grows with the run.
import { useMemo, useState } from 'react';
import { isWhole, moved, wholeSight, zoomed, type Sight } from './time-scale.ts';

export interface SightControl {
  readonly sight: Sight;
  readonly whole: Sight;
  readonly isWhole: boolean;
  zoom(factor: number, share?: number): void;
  move(byShare: number): void;
  /** Undefined: all of it. */
  show(sight: Sight | undefined): void;
}

export function useSight(startMs: number, endMs: number): SightControl {
  const [chosen, setChosen] = useState<Sight>();
  const whole = useMemo(() => wholeSight(startMs, endMs), [startMs, endMs]);
  return useMemo(() => {
    const sight = chosen ?? whole;
    const keep = (next: Sight): void => setChosen(isWhole(next, whole) ? undefined : next);
    return {
      sight,
      whole,
      isWhole: chosen === undefined,
      zoom: (factor, share) => keep(zoomed(sight, whole, factor, share)),
      move: (byShare) => keep(moved(sight, whole, byShare)),
      show: (next) => setChosen(next === undefined || isWhole(next, whole) ? undefined : next),
    };
  }, [chosen, whole]);
}
