'use client';
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleX from 'lucide-react/icons/circle-x';
import LoaderCircle from 'lucide-react/icons/loader-circle';
import { plainText } from '../../design/value-rows.ts';
import { useFormats, useText } from '../../language/language.tsx';
import { Moment } from './moment.tsx';

export interface ListedAttempt {
  readonly number: number;
  readonly fromMs: number;
  readonly toMs: number | undefined;
  readonly error: string | undefined;
}

const SHOWN = 20;

/** One line an attempt, the newest first. */
export function AttemptsList({ attempts }: { attempts: readonly ListedAttempt[] }) {
  const text = useText();
  const formats = useFormats();
  return (
    <ol className="mt-1 flex flex-col">
      {attempts
        .toReversed()
        .slice(0, SHOWN)
        .map((one) => {
          const Icon = one.error !== undefined ? CircleX : one.toMs === undefined ? LoaderCircle : CircleCheck;
          return (
            <li key={`${one.number} ${one.fromMs}`} className="flex items-start gap-2 border-t border-line py-1 first:border-0">
              <Icon
                aria-hidden
                className={`mt-0.5 size-3.5 shrink-0 ${one.error !== undefined ? 'text-bad' : one.toMs === undefined ? 'text-live' : 'text-good'}`}
              />
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap gap-x-2">
                  <span className="font-medium">{text('run.attempt', { number: one.number })}</span>
                  <span className="text-ink-soft">
                    <Moment ms={one.fromMs} />
                  </span>
                  {one.toMs !== undefined && <span className="text-ink-faint">{formats.duration(one.toMs - one.fromMs)}</span>}
                </p>
                {one.error !== undefined && <p className="foreign text-xs text-ink-soft">{plainText(one.error)}</p>}
              </div>
            </li>
          );
        })}
      {attempts.length > SHOWN && (
        <li className="border-t border-line py-1 text-xs text-ink-faint">{text('run.moreAttempts', { count: attempts.length - SHOWN })}</li>
      )}
    </ol>
  );
}
