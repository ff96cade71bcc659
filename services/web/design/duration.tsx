'use client';
// How long something took, or has taken until now.
import { useFormats } from '../language/language.tsx';
import { useNowMs } from './relative-time.tsx';

export function Elapsed({ from, to }: { from: string; to?: string | undefined }) {
  const formats = useFormats();
  const now = Math.max(useNowMs(), Date.now());
  return <span>{formats.duration((to === undefined ? now : Date.parse(to)) - Date.parse(from))}</span>;
}
