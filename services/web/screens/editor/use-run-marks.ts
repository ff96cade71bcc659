'use client';
import { useCallback, useState } from 'react';
import type { StreamEvent } from '../../api/event-stream.ts';
import { useLive } from '../../api/live.ts';
import { useFormats } from '../../language/language.tsx';
import { marksAfter, NO_MARKS, type MarkedEvent, type RunMarks } from './run-marks.ts';

/** How the steps of a run stand, as it goes on. */
export function useRunMarks(run: string): RunMarks {
  const { duration } = useFormats();
  const [state, setState] = useState(NO_MARKS);
  const hear = useCallback(
    (events: readonly StreamEvent[]) => {
      const heard = events.flatMap(({ data }) => read(data));
      if (heard.length > 0) setState((before) => marksAfter(before, heard, duration));
    },
    [duration],
  );
  useLive({ path: `/v1/runs/${run}/events`, onEvents: hear, isOver: () => state.ended });
  return state;
}

function read(data: string): MarkedEvent[] {
  try {
    const found: unknown = JSON.parse(data);
    return typeof found === 'object' && found !== null && 'type' in found && typeof found.type === 'string' ? [found as MarkedEvent] : [];
  } catch {
    return [];
  }
}
