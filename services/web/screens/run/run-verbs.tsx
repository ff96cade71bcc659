'use client';
// What can be done to this run, from wherever on its page: a dialog where something is asked first, at once where it can be undone.
import type { Asking } from './asking.ts';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';
import dynamic from 'next/dynamic';
import { pauseRun, resumeRun, settled } from '../../api/run-verbs.ts';
import type { RunDetail } from '../../api/runs.ts';
import { showToast, useShowProblem } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { refused } from './refused.ts';

export interface Verbs {
  ask(about: Asking): void;
  pause(): void;
  resume(): void;
}

const VerbsContext = createContext<Verbs | undefined>(undefined);
export function useVerbs(): Verbs {
  const verbs = useContext(VerbsContext);
  if (verbs === undefined) throw new Error('RunVerbs is missing above.');
  return verbs;
}

const VerbDialog = dynamic(() => import('./verb-dialog.tsx').then((found) => found.VerbDialog), { ssr: false });

export function RunVerbs({ run, children }: { run: RunDetail; children: ReactNode }) {
  const text = useText();
  const [asking, setAsking] = useState<Asking>();
  const showProblem = useShowProblem();
  const news = useRunNews(run.id);
  const { id } = run;
  const pause = useCallback(() => {
    void (async () => {
      try {
        refused(await settled(await pauseRun(id)), text);
        showToast({ title: text('run.did.pause'), action: { label: text('run.verb.resume'), run: () => void resumeRun(id).then(news, showProblem) } });
      } catch (error) {
        showProblem(error);
      }
      news();
    })();
  }, [id, text, news, showProblem]);
  const resume = useCallback(() => {
    void (async () => {
      try {
        refused(await settled(await resumeRun(id)), text);
        showToast({ title: text('run.did.resume') });
      } catch (error) {
        showProblem(error);
      }
      news();
    })();
  }, [id, text, news, showProblem]);
  const verbs = useMemo<Verbs>(() => ({ ask: setAsking, pause, resume }), [pause, resume]);
  return (
    <VerbsContext value={verbs}>
      {children}
      {asking !== undefined && (
        <VerbDialog
          run={run}
          about={asking}
          onClose={() => {
            setAsking(undefined);
            news();
          }}
        />
      )}
    </VerbsContext>
  );
}

/** After a change: ask for the run and the lists anew. */
function useRunNews(id: string): () => void {
  const queries = useQueryClient();
  return useCallback(() => {
    void queries.invalidateQueries({ queryKey: ['run', id] });
    void queries.invalidateQueries({ queryKey: ['runs'] });
  }, [id, queries]);
}
