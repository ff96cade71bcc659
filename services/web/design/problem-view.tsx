'use client';
// What failed and what to do next: the title and the advice of the problem document, its code for who asks for help, and a way to try again.
import CircleX from 'lucide-react/icons/circle-x';
import RotateCw from 'lucide-react/icons/rotate-cw';
import WifiOff from 'lucide-react/icons/wifi-off';
import type { ReactNode } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { useText, type Text } from '../language/language.tsx';
import { Button, ButtonLink } from './button.tsx';
import { Words } from './words.tsx';

interface Told {
  readonly title: string;
  readonly next: string;
  readonly detail: string | undefined;
  readonly code: string | undefined;
}

/** The words for a failure; texts of the API come in English. */
export function problemWords(problem: unknown, text: Text): Told {
  if (!(problem instanceof ApiProblem)) return { title: text('problems.page'), next: text('problems.pageNext'), detail: undefined, code: undefined };
  if (problem.kind === 'unreachable')
    return { title: text('problems.unreachable'), next: text('problems.unreachableNext'), detail: undefined, code: undefined };
  if (problem.problem === undefined)
    return { title: text('problems.strange', { status: String(problem.status) }), next: text('problems.strangeNext'), detail: undefined, code: undefined };
  const { title, next, detail, code } = problem.problem;
  return { title, next, detail, code };
}

export interface ProblemViewProps {
  readonly problem: unknown;
  /** `h1` where it is all there is. */
  readonly heading?: 'h1' | 'h2';
  readonly action?: ReactNode;
  onRetry?(): void;
}

/** In the place of what could not be shown. */
export function ProblemView({ problem, heading: Heading = 'h2', onRetry, action }: ProblemViewProps) {
  const text = useText();
  const { title, next, detail, code } = problemWords(problem, text);
  const away = problem instanceof ApiProblem && problem.kind === 'unreachable';
  return (
    <div role="alert" className="mx-auto flex max-w-lg flex-col items-center gap-2 px-4 py-10 text-center">
      {away ? <WifiOff aria-hidden className="size-6 text-ink-faint" /> : <CircleX aria-hidden className="size-6 text-bad" />}
      <Heading className="text-md font-semibold">{title}</Heading>
      {detail !== undefined && <p className="foreign text-ink-soft">{detail}</p>}
      <p className="text-ink-soft">
        <Words text={next} />
      </p>
      {code !== undefined && <code className="text-2xs text-ink-faint">{code}</code>}
      <div className="mt-2 flex gap-2">
        {onRetry !== undefined && (
          <Button icon={<RotateCw aria-hidden className="size-3.5" />} onClick={onRetry}>
            {text('problems.again')}
          </Button>
        )}
        {Heading === 'h1' && <ButtonLink href="/">{text('frame.home')}</ButtonLink>}
        {action}
      </div>
    </div>
  );
}

/** Beside the button that failed. */
export function ProblemLine({ problem }: { problem: unknown }) {
  const { title, next, detail } = problemWords(problem, useText());
  return (
    <p role="alert" className="my-2 flex items-start gap-1.5 rounded-md bg-bad-wash px-2.5 py-1.5 text-bad">
      <CircleX aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <span className="foreign min-w-0">
        <strong className="font-medium">{detail ?? title}.</strong> <Words text={next} />
      </span>
    </p>
  );
}
