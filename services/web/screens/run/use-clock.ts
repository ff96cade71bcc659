'use client';
import { useEffect, useState } from 'react';

/** The time now, moving while `runs`; a browser's clock that is behind the server's does not take the present back. */
export function useClock(runs: boolean, everyMs: number, leastMs: number): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (!runs) return undefined;
    const tick = (): void => {
      if (!document.hidden) setNowMs(Date.now());
    };
    tick();
    const timer = setInterval(tick, everyMs);
    return () => clearInterval(timer);
  }, [runs, everyMs]);
  return Math.max(nowMs, leastMs);
}
