'use client';
import { ProblemView } from '../../design/problem-view.tsx';

/** A screen that threw: the frame around it goes on. */
export default function ScreenError({ error, reset }: { error: Error; reset: () => void }) {
  return <ProblemView heading="h1" problem={error} onRetry={reset} />;
}
