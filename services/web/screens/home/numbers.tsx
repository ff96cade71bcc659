'use client';
// Four big numbers. Each leads to the runs that it counts.
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { RunsSummary } from '../../api/runs.ts';
import { classes } from '../../design/classes.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { figuresOf } from './figures.ts';

export function Numbers({ summary }: { summary: RunsSummary | undefined }) {
  const text = useText();
  const formats = useFormats();
  const known = summary === undefined ? undefined : figuresOf(summary);
  const least = summary?.people.complete === false ? '+' : '';
  return (
    <dl className="grid grid-cols-4 gap-3 max-narrow:grid-cols-2">
      <Figure
        title={text('home.success')}
        href="/runs?status=completed"
        value={known && (known.success === undefined ? '–' : formats.percent(known.success))}
        hint={known && text('home.successHint', { count: known.ended })}
      />
      <Figure
        title={text('home.running')}
        href="/runs?status=running"
        value={known && formats.number(known.running)}
        hint={known && text('home.runningHint', { count: known.resting })}
      />
      <Figure
        title={text('home.failed')}
        href="/runs?status=failed"
        value={known && formats.number(known.failed)}
        hint={text('home.failedHint')}
        ink={known !== undefined && known.failed > 0 ? 'text-bad' : undefined}
      />
      <Figure
        title={text('home.people')}
        href="/runs?status=waiting"
        value={known && `${formats.number(known.people)}${least}`}
        hint={text('home.peopleHint')}
        ink={known !== undefined && known.people > 0 ? 'text-wait' : undefined}
      />
    </dl>
  );
}

function Figure({ title, href, value, hint, ink }: { title: string; href: string; value: ReactNode; hint: ReactNode; ink?: string | undefined }) {
  return (
    <div className="relative rounded-lg border border-line bg-panel px-3 py-2.5 hover:border-line-strong">
      <dt className="text-xs text-ink-soft">
        <Link href={href} prefetch={false} className="rounded-sm after:absolute after:inset-0 after:rounded-lg">
          {title}
        </Link>
      </dt>
      <dd>
        <span className={classes('block text-2xl font-semibold', ink)}>{value ?? <Skeleton className="my-1.5 h-5 w-16" />}</span>
        <span className="block min-h-4 text-xs text-ink-faint">{hint}</span>
      </dd>
    </div>
  );
}
