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

export function RunDialog(props: RunDialogProps) {
  const { namespace, name, onClose } = props;
  const text = useText();
  const environment = useEnvironment();
  const { data } = useQuery(flowQuery(namespace, name));
  const [typed, setTyped] = useState<string>();
  const shown = typed ?? inputSketch(data?.document);
  const input = typedInput(shown);
  const { start, busy, problem } = useStart(props, environment);
  const send = (): void => {
    if (input.ok) void start(input.value);
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
          <Button tone="primary" busy={busy} disabled={!input.ok} icon={<Play aria-hidden className="size-3.5" />} onClick={send}>
            {text('flows.run.start')}
          </Button>
        </>
      }
    >
      <Field label={text('flows.run.input')} hint={text('flows.run.inputHint')} problem={input.ok ? undefined : input.message}>
        <TextArea
          value={shown}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
          }}
          rows={8}
          spellCheck={false}
          dir="ltr"
          className="font-mono text-xs!"
          placeholder="{ }"
        />
      </Field>
      {problem !== undefined && <ProblemLine problem={problem} />}
    </Dialog>
  );
}

/** I1 */
function useStart({ namespace, name, onClose, onStarted }: RunDialogProps, environment: string) {
  const router = useRouter();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [key] = useState(() => crypto.randomUUID());
  const start = async (input: unknown): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { id } = await startRun({ flow: `${namespace}/${name}`, environment, ...(input !== undefined && { input }) }, key);
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
  return { start, busy, problem };
}
