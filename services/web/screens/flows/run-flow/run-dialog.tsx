'use client';
// Starts a run: of which flow, with which input, in the environment of the reader.
// I1 One press is one run: a start that is sent again goes under the same key.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import Play from 'lucide-react/icons/play';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useEnvironment } from '../../../api/environments.ts';
import { flowQuery } from '../../../api/flows.ts';
import { startRun } from '../../../api/runs.ts';
import { Button } from '../../../design/button.tsx';
import { Dialog, DialogClose } from '../../../design/dialog.tsx';
import { Field } from '../../../design/field.tsx';
import { ProblemLine } from '../../../design/problem-view.tsx';
import { TextArea } from '../../../design/text-input.tsx';
import { useText } from '../../../language/language.tsx';
import { inputSketch, typedInput } from './run-input.ts';

export interface RunDialogProps {
  readonly namespace: string;
  readonly name: string;
  onClose(): void;
  /** Instead of going to the page of the run. */
  onStarted?(id: string): void;
}

export function RunDialog({ namespace, name, onClose, onStarted }: RunDialogProps) {
  const text = useText();
  const router = useRouter();
  const queries = useQueryClient();
  const environment = useEnvironment();
  const { data } = useQuery(flowQuery(namespace, name));
  const [typed, setTyped] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [key] = useState(() => crypto.randomUUID());
  const shown = typed ?? inputSketch(data?.document);
  const input = typedInput(shown);
  const start = async (): Promise<void> => {
    if (!input.ok) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const { id } = await startRun({ flow: `${namespace}/${name}`, environment, ...(input.value !== undefined && { input: input.value }) }, key);
      void queries.invalidateQueries({ queryKey: ['flows'] });
      void queries.invalidateQueries({ queryKey: ['runs'] });
      onClose();
      if (onStarted === undefined) router.push(`/runs/${id}`);
      else onStarted(id);
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={text('flows.run.title', { flow: `${namespace}/${name}` })}
      description={text('flows.run.about', { version: data?.version ?? '…', environment })}
      actions={
        <>
          <DialogClose asChild>
            <Button>{text('design.cancel')}</Button>
          </DialogClose>
          <Button tone="primary" type="submit" form="run-flow" busy={busy} disabled={!input.ok} icon={<Play aria-hidden className="size-3.5" />}>
            {text('flows.run.start')}
          </Button>
        </>
      }
    >
      <form
        id="run-flow"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <Field label={text('flows.run.input')} hint={text('flows.run.inputHint')} problem={input.ok ? undefined : input.message}>
          <TextArea
            value={shown}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void start();
            }}
            rows={8}
            spellCheck={false}
            dir="ltr"
            className="font-mono text-xs!"
            placeholder="{ }"
          />
        </Field>
        {problem !== undefined && <ProblemLine problem={problem} />}
      </form>
    </Dialog>
  );
}
