'use client';
// The acts that would be come to again: answered from what is known, or done once more. What leaves a trace outside is accepted one by one.
import type { UseQueryResult } from '@tanstack/react-query';
import type { Forked } from '../../api/run-verbs.ts';
import { Badge } from '../../design/badge.tsx';
import { Checkbox } from '../../design/checkbox.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { useText } from '../../language/language.tsx';

type Repeat = Forked['repeats'][number];

const isGuarded = ({ class: kind }: Repeat): boolean => kind === 'unique' || kind === 'irreversible';

/** Those that would really be done again and can be felt outside. */
export const mustAccept = (preview: Forked | undefined): readonly Repeat[] =>
  (preview?.repeats ?? []).filter((one) => isGuarded(one) && !one.answeredFromLedger);

interface RepeatsProps {
  readonly preview: UseQueryResult<Forked>;
  readonly accepted: ReadonlySet<string>;
  onAccept(accepted: ReadonlySet<string>): void;
}

export function Repeats({ preview: { data, error }, accepted, onAccept }: RepeatsProps) {
  const text = useText();
  if (data === undefined) return error === null ? <SkeletonRows count={2} /> : <ProblemLine problem={error} />;
  const risky = mustAccept(data);
  const answered = data.repeats.filter(({ answeredFromLedger }) => answeredFromLedger);
  const quiet = data.repeats.filter((one) => !isGuarded(one) && !one.answeredFromLedger);
  return (
    <section className="mb-2 rounded-md border border-line">
      <h3 className="border-b border-line px-3 py-1.5 text-xs font-medium text-ink-soft">{text('run.repeats.title')}</h3>
      <ul className="max-h-56 overflow-y-auto px-3 py-1.5">
        {risky.map((one) => (
          <li key={one.key} className="flex min-h-7 items-center gap-2">
            <Checkbox
              checked={accepted.has(one.key)}
              onChange={(on) => {
                const next = new Set(accepted);
                if (on) next.add(one.key);
                else next.delete(one.key);
                onAccept(next);
              }}
            >
              <span className="foreign">{text('run.repeats.accept', { step: nameIn(one.step) })}</span>
            </Checkbox>
            <Badge tone="warn">{text(`run.class.${one.class === 'irreversible' ? 'irreversible' : 'unique'}`)}</Badge>
          </li>
        ))}
        {answered.length > 0 && <li className="flex min-h-7 items-center text-ink-soft">{text('run.repeats.answered', { count: answered.length })}</li>}
        {quiet.length > 0 && <li className="flex min-h-7 items-center text-ink-soft">{text('run.repeats.quiet', { count: quiet.length })}</li>}
        {data.repeats.length === 0 && <li className="flex min-h-7 items-center text-ink-soft">{text('run.repeats.none')}</li>}
        {data.repeatsUpTo !== undefined && (
          <li className="flex min-h-7 items-center text-warn">{text('run.repeats.upTo', { seq: String(data.repeatsUpTo) })}</li>
        )}
      </ul>
    </section>
  );
}

const nameIn = (pointer: string): string => pointer.split('/').at(-1) ?? pointer;
