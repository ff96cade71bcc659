'use client';
import { useFormats } from '../../language/language.tsx';

/** A time to the millisecond; the day on hover. */
export function Moment({ ms }: { ms: number }) {
  const formats = useFormats();
  const at = new Date(ms);
  return (
    <time dateTime={at.toISOString()} title={formats.dateTime(at)}>
      {formats.exactTime(at)}
    </time>
  );
}
