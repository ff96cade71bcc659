import type { ReactNode } from 'react';

/** What is known of a thing, as label and value. A value of `undefined` is left out. */
export function Facts({ facts }: { facts: readonly (readonly [label: string, value: ReactNode | undefined])[] }) {
  return (
    <dl className="mb-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
      {facts
        .filter(([, value]) => value !== undefined)
        .map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-ink-soft">{label}</dt>
            <dd className="foreign min-w-0">{value}</dd>
          </div>
        ))}
    </dl>
  );
}
