'use client';
// Holding back a flow and letting it go on, with the way back in the toast.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { holdFlow, letFlowGo } from '../../../api/flows.ts';
import { showToast, useShowProblem } from '../../../design/toast.tsx';
import { useText } from '../../../language/language.tsx';

export function useHold(): (flow: string, hold: boolean) => void {
  const text = useText();
  const queries = useQueryClient();
  const showProblem = useShowProblem();
  return useCallback(
    (flow, hold) => {
      const turn = async (on: boolean): Promise<void> => {
        await (on ? holdFlow(flow) : letFlowGo(flow));
        await queries.invalidateQueries({ queryKey: ['halts'] });
      };
      turn(hold).then(
        () =>
          showToast({
            title: text(hold ? 'flows.hold.done' : 'flows.hold.undone', { flow }),
            ...(hold && { detail: text('flows.hold.what') }),
            action: { label: text('flows.hold.undo'), run: () => void turn(!hold).catch(showProblem) },
          }),
        showProblem,
      );
    },
    [text, queries, showProblem],
  );
}
