'use client';
// The checklist of the first minutes. It leaves when all is done, or when somebody hides it.
import CircleCheck from 'lucide-react/icons/circle-check';
import Circle from 'lucide-react/icons/circle';
import X from 'lucide-react/icons/x';
import { useState, useSyncExternalStore } from 'react';
import { ButtonLink } from '../../design/button.tsx';
import { classes } from '../../design/classes.ts';
import { IconButton } from '../../design/icon-button.tsx';
import { Words } from '../../design/words.tsx';
import { useText } from '../../language/language.tsx';
import { RunSampleButton, SAMPLE } from './run-sample.tsx';
import { STEPS, useFirstSteps, type FirstSteps, type Step } from './steps.ts';

const HIDDEN_AS = 'palace-first-steps';
const never = (): (() => void) => () => undefined;

export function FirstRun() {
  const kept = useSyncExternalStore(
    never,
    () => localStorage.getItem(HIDDEN_AS) !== null,
    () => true,
  );
  const [hidden, setHidden] = useState(false);
  if (kept || hidden) return null;
  return (
    <Checklist
      onHide={() => {
        localStorage.setItem(HIDDEN_AS, 'hidden');
        setHidden(true);
      }}
    />
  );
}

function Checklist({ onHide }: { onHide: () => void }) {
  const text = useText();
  const steps = useFirstSteps();
  if (steps === undefined || steps.done.size === STEPS.length) return null;
  const next = STEPS.find((step) => !steps.done.has(step));
  return (
    <section aria-labelledby="first-steps" className="rounded-lg border border-line bg-panel">
      <header className="flex h-9 items-center gap-3 border-b border-line ps-3 pe-1.5">
        <h2 id="first-steps" className="font-semibold">
          {text('firstRun.title')}
        </h2>
        <span className="min-w-0 flex-1 truncate text-xs text-ink-soft">{text('firstRun.progress', { done: steps.done.size, all: STEPS.length })}</span>
        <IconButton small label={text('firstRun.hide')} icon={<X aria-hidden className="size-4" />} onClick={onHide} />
      </header>
      <ol className="grid grid-cols-5 max-[64rem]:grid-cols-1">
        {STEPS.map((step) => (
          <StepItem key={step} step={step} steps={steps} next={step === next} />
        ))}
      </ol>
    </section>
  );
}

function StepItem({ step, steps, next }: { step: Step; steps: FirstSteps; next: boolean }) {
  const text = useText();
  const done = steps.done.has(step);
  return (
    <li
      aria-current={next ? 'step' : undefined}
      className={classes('flex flex-col gap-1 border-line p-3 max-[64rem]:border-b last:border-0 min-[64rem]:border-e', next && 'bg-selected')}
    >
      <span className="flex items-center gap-1.5 font-medium">
        {done ? <CircleCheck aria-hidden className="size-4 shrink-0 text-good" /> : <Circle aria-hidden className="size-4 shrink-0 text-ink-faint" />}
        <span className="sr-only">{text(done ? 'firstRun.done' : 'firstRun.todo')}: </span>
        {text(`firstRun.${step}`)}
      </span>
      <span className="flex-1 text-xs text-ink-soft">
        <Words text={text(`firstRun.${step}Hint`)} />
      </span>
      {!done && (
        <span className="mt-1">
          <StepAction step={step} steps={steps} />
        </span>
      )}
    </li>
  );
}

function StepAction({ step, steps: { run, done } }: { step: Step; steps: FirstSteps }) {
  const text = useText();
  if (step === 'run' && done.has('sample')) return <RunSampleButton tone="primary" />;
  if (step === 'watch' && run !== undefined) return <ButtonLink href={`/runs/${run.id}`}>{text('firstRun.watchDo')}</ButtonLink>;
  if (step === 'edit' && done.has('sample')) return <ButtonLink href={`/flows/${SAMPLE}`}>{text('firstRun.editDo')}</ButtonLink>;
  if (step === 'invite') return <ButtonLink href="/settings/profile">{text('firstRun.inviteDo')}</ButtonLink>;
  return null;
}
