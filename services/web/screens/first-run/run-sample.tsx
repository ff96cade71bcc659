'use client';
// Starting the sample, from wherever nothing has run yet.
import Play from 'lucide-react/icons/play';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useEnvironment } from '../../api/environments.ts';
import { newestQuery } from '../../api/flows.ts';
import { useMay } from '../../api/me.ts';
import { startRun } from '../../api/runs.ts';
import { Button, type ButtonTone } from '../../design/button.tsx';
import { showToast, useShowProblem } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';

export const SAMPLE = 'samples/order-intake';

/** Leads to the run, where it is watched. Not there without the sample. */
export function RunSampleButton({ tone = 'primary' }: { tone?: ButtonTone }) {
  const text = useText();
  const router = useRouter();
  const client = useQueryClient();
  const environment = useEnvironment();
  const showProblem = useShowProblem();
  const [busy, setBusy] = useState(false);
  const start = async (): Promise<void> => {
    setBusy(true);
    try {
      const { id } = await startRun({ flow: SAMPLE, environment }, crypto.randomUUID());
      showToast({ title: text('firstRun.started') });
      await client.invalidateQueries({ queryKey: ['runs'] });
      router.push(`/runs/${id}`);
    } catch (problem) {
      showProblem(problem);
    } finally {
      setBusy(false);
    }
  };
  const sample = useQuery({ ...newestQuery('samples', 'order-intake'), enabled: useMay('flow.read') }).data;
  if (!useMay('run.start') || sample === undefined || sample === null) return null;
  return (
    <Button tone={tone} busy={busy} icon={<Play aria-hidden className="size-3.5" />} onClick={() => void start()}>
      {text('firstRun.runDo')}
    </Button>
  );
}
