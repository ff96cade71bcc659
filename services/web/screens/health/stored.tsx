'use client';
// What the database holds: each table as a bar, how fast it grows, how long the room lasts, and what bounds it.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { storageQuery, type Storage } from '../../api/health.ts';
import { Button } from '../../design/button.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { Panel } from '../home/panel.tsx';
import { StateMark } from './state-mark.tsx';

const FIRST = 8;
const SOON_FULL_DAYS = 30;

export function Stored() {
  const text = useText();
  const { data, error, refetch } = useQuery(storageQuery);
  const [all, setAll] = useState(false);
  const tables = data?.items.toSorted((a, b) => b.bytes - a.bytes) ?? [];
  const most = tables[0]?.bytes ?? 1;
  return (
    <Panel title={text('health.storage')}>
      {data === undefined && error !== null && <ProblemView problem={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <SkeletonRows count={FIRST} />}
      {data !== undefined && (
        <>
          <Sums data={data} />
          <table className="w-full text-xs">
            <thead>
              <tr className="border-b border-line text-ink-soft">
                <th className="px-3 py-1.5 text-start font-normal">{text('health.table')}</th>
                <th className="w-1/3 px-3 py-1.5 text-start font-normal">{text('health.size')}</th>
                <th className="px-3 py-1.5 text-end font-normal">{text('health.growth')}</th>
                <th className="px-3 py-1.5 text-end font-normal max-narrow:hidden">{text('health.rows')}</th>
                <th className="px-3 py-1.5 text-start font-normal max-narrow:hidden">{text('health.oldest')}</th>
              </tr>
            </thead>
            <tbody>
              {tables.slice(0, all ? undefined : FIRST).map((one) => (
                <TableSize key={one.name} one={one} most={most} />
              ))}
            </tbody>
          </table>
          {tables.length > FIRST && (
            <Button tone="quiet" className="m-1.5 self-start" onClick={() => setAll(!all)} aria-expanded={all}>
              {all ? text('design.less') : text('design.moreItems', { count: tables.length - FIRST })}
            </Button>
          )}
        </>
      )}
    </Panel>
  );
}

function Sums({ data }: { data: Storage }) {
  const text = useText();
  const formats = useFormats();
  const { bytes, freeBytes, growthBytesADay, daysUntilFull, retention } = data;
  const share = freeBytes === undefined ? undefined : bytes / (bytes + Math.max(0, freeBytes));
  const state = daysUntilFull === undefined || daysUntilFull > SOON_FULL_DAYS ? 'good' : daysUntilFull > 3 ? 'warn' : 'bad';
  return (
    <div className="border-b border-line px-3 py-3">
      <div className="flex flex-wrap items-baseline gap-x-6 gap-y-1">
        <span className="text-xl font-semibold">{formats.bytes(bytes)}</span>
        {freeBytes !== undefined && <span className="text-ink-soft">{text('health.free', { bytes: formats.bytes(freeBytes) })}</span>}
        {growthBytesADay !== undefined && <span className="text-ink-soft">{text('health.aDay', { bytes: formats.bytes(growthBytesADay) })}</span>}
        <span className="inline-flex items-center gap-1.5">
          <StateMark state={state} quiet />
          {daysUntilFull === undefined ? text('health.lasts') : text('health.fullIn', { count: Math.floor(daysUntilFull) })}
        </span>
      </div>
      {share !== undefined && (
        <div aria-hidden className="mt-2 h-2 overflow-hidden rounded-full bg-hover">
          <div
            className={`h-full rounded-full ${state === 'good' ? 'bg-accent-fill' : state === 'warn' ? 'bg-warn-bar' : 'bg-bad-bar'}`}
            style={{ width: `max(2px, ${share * 100}%)` }}
          />
        </div>
      )}
      <p className="mt-2 text-xs text-ink-faint">
        {text('health.kept', { completed: formats.duration(retention.completedMs), failed: formats.duration(retention.failedMs) })}
      </p>
    </div>
  );
}

function TableSize({ one, most }: { one: Storage['items'][number]; most: number }) {
  const formats = useFormats();
  const text = useText();
  return (
    <tr className="border-b border-line last:border-0 hover:bg-hover" title={one.bound}>
      <td className="px-3 py-1.5 font-mono">{one.name}</td>
      <td className="px-3 py-1.5" aria-label={formats.bytes(one.bytes)}>
        <span className="flex items-center gap-2">
          <span aria-hidden className="h-2 min-w-0 flex-1 overflow-hidden rounded-full bg-hover">
            <span className="block h-full rounded-full bg-live-bar" style={{ width: `max(1px, ${(one.bytes / most) * 100}%)` }} />
          </span>
          <span className="w-16 shrink-0 text-end">{formats.bytes(one.bytes)}</span>
        </span>
      </td>
      <td className="px-3 py-1.5 text-end text-ink-soft">
        {one.growthBytesADay === undefined ? '–' : text('health.aDay', { bytes: formats.bytes(one.growthBytesADay) })}
      </td>
      <td className="px-3 py-1.5 text-end text-ink-soft max-narrow:hidden">{formats.number(one.rows)}</td>
      <td className="px-3 py-1.5 text-ink-soft max-narrow:hidden">{one.oldest === undefined ? '' : <RelativeTime at={one.oldest} />}</td>
    </tr>
  );
}
