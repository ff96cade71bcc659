'use client';
// One schedule: what comes next, in its zone and the reader's; what was missed; pausing it, starting its flow now.
import CirclePause from 'lucide-react/icons/circle-pause';
import Play from 'lucide-react/icons/play';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState, type ReactNode } from 'react';
import { useEnvironment } from '../../api/environments.ts';
import { schedulesQuery, type FlowSchedule } from '../../api/flows.ts';
import { useMay } from '../../api/me.ts';
import { startRun } from '../../api/runs.ts';
import { holdSchedule, upcomingQuery } from '../../api/schedules.ts';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { showToast, useShowProblem } from '../../design/toast.tsx';
import { useLanguage, useText } from '../../language/language.tsx';
import { Facts } from '../settings/facts.tsx';
import { StateBadge } from './schedule-columns.tsx';
import { stateOf, timeIn, zoneOf, zoneOfReader } from './times.ts';

export function ScheduleDialog({ found, onClose }: { found: FlowSchedule | undefined; onClose: () => void }) {
  const text = useText();
  if (found === undefined) return null;
  const { flow, version, schedule, last, lastRun, missed, waiting, waitsFor, gathered } = found;
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={
        <span className="inline-flex items-center gap-2">
          <bdi>{flow}</bdi> <StateBadge state={stateOf(found)} />
        </span>
      }
      description={<bdi>{schedule}</bdi>}
      actions={<Actions found={found} />}
    >
      <Facts
        facts={[
          [text('schedules.version'), <FlowLink key="flow" flow={flow} version={version} />],
          [
            text('schedules.last'),
            last === undefined ? (
              found.kind === 'on' ? undefined : (
                text('settings.never')
              )
            ) : (
              <RunLink key="last" id={lastRun} fallback={<RelativeTime at={last} />} />
            ),
          ],
          [text('schedules.waitsFor'), waitsFor === undefined ? undefined : <RunLink key="waits" id={waitsFor} fallback={null} />],
          [text('schedules.missed'), text('schedules.missedTimes', { count: missed })],
          [text('schedules.waitingTimes'), waiting > 0 ? text('schedules.waitingHint', { count: waiting }) : undefined],
          [text('schedules.gathered'), gathered === undefined ? undefined : text('schedules.gatheredHint', { count: gathered })],
        ]}
      />
      {found.kind !== 'on' && <Upcoming found={found} />}
    </Dialog>
  );
}

const FlowLink = ({ flow, version }: { flow: string; version: string }) => (
  <Link href={`/flows/${flow}`} className="text-accent hover:underline">
    {version}
  </Link>
);

function RunLink({ id, fallback }: { id: string | undefined; fallback: ReactNode }) {
  if (id === undefined) return fallback;
  return (
    <Link href={`/runs/${id}`} className="font-mono text-xs text-accent hover:underline">
      {id}
    </Link>
  );
}

function Upcoming({ found }: { found: FlowSchedule }) {
  const text = useText();
  const language = useLanguage();
  const { data, error } = useQuery(upcomingQuery(found.flow));
  const zone = zoneOf(found);
  const own = zoneOfReader();
  if (data === undefined) return error === null ? <SkeletonRows count={4} /> : <ProblemLine problem={error} />;
  if (data.times.length === 0) return <p className="text-ink-soft">{text(found.paused ? 'schedules.noneWhilePaused' : 'schedules.noneKnown')}</p>;
  return (
    <table className="w-full">
      <caption className="pb-1 text-start text-xs font-medium text-ink-soft">
        {text('schedules.upcoming')} · {text(`schedules.catchUp.${data.catchUp}`)}
      </caption>
      <thead className="text-xs text-ink-faint">
        <tr>
          {zone !== undefined && <th className="py-1 text-start font-normal">{zone}</th>}
          <th className="py-1 text-start font-normal">{text('schedules.yours', { zone: own })}</th>
          <th className="py-1 text-end font-normal">{text('schedules.in')}</th>
        </tr>
      </thead>
      <tbody>
        {data.times.map((at) => (
          <tr key={at} className="border-t border-line">
            {zone !== undefined && <td className="py-1">{timeIn(at, language, zone)}</td>}
            <td className="py-1 text-ink-soft">{timeIn(at, language, own)}</td>
            <td className="py-1 text-end text-ink-soft">
              <RelativeTime at={at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Actions({ found: { flow, paused } }: { found: FlowSchedule }) {
  const text = useText();
  const mayControl = useMay('run.control');
  const mayStart = useMay('run.start');
  const [holding, toggle] = useHold(flow, paused);
  const [starting, start] = useStart(flow);
  return (
    <>
      {mayControl && (
        <Button
          className="me-auto"
          busy={holding}
          icon={paused ? <Play aria-hidden className="size-3.5" /> : <CirclePause aria-hidden className="size-3.5" />}
          onClick={() => void toggle()}
        >
          {text(paused ? 'schedules.resume' : 'schedules.pause')}
        </Button>
      )}
      {mayStart && (
        <Button tone="primary" busy={starting} icon={<Play aria-hidden className="size-3.5" />} onClick={() => void start()}>
          {text('schedules.runNow')}
        </Button>
      )}
    </>
  );
}

/** Kept at once, done by the owner of the schedule a moment later. */
const DONE_MS = 700;

function useHold(flow: string, paused: boolean): readonly [boolean, () => Promise<void>] {
  const text = useText();
  const client = useQueryClient();
  const showProblem = useShowProblem();
  const [busy, setBusy] = useState(false);
  const set = async (pause: boolean): Promise<void> => {
    await holdSchedule(flow, pause);
    await new Promise((resolve) => setTimeout(resolve, DONE_MS));
    await Promise.all([client.invalidateQueries({ queryKey: schedulesQuery.queryKey }), client.invalidateQueries({ queryKey: upcomingQuery(flow).queryKey })]);
  };
  const toggle = async (): Promise<void> => {
    setBusy(true);
    try {
      await set(!paused);
      const undo = (): void => void set(paused).catch(showProblem);
      showToast({ title: text(paused ? 'schedules.resumed' : 'schedules.isPaused', { flow }), action: { label: text('settings.undo'), run: undo } });
    } catch (error) {
      showProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return [busy, toggle];
}

/** As the schedule would start it: with the time as input. */
function useStart(flow: string): readonly [boolean, () => Promise<void>] {
  const text = useText();
  const router = useRouter();
  const environment = useEnvironment();
  const showProblem = useShowProblem();
  const [busy, setBusy] = useState(false);
  const start = async (): Promise<void> => {
    setBusy(true);
    try {
      const { id } = await startRun({ flow, input: { scheduledAt: new Date().toISOString() }, environment }, crypto.randomUUID());
      showToast({ title: text('schedules.started', { flow }), action: { label: text('schedules.show'), run: () => router.push(`/runs/${id}`) } });
    } catch (error) {
      showProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return [busy, start];
}
