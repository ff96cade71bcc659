'use client';
// What a run waits for, with what moves it: a button that does it, and the command that does the same.
import CirclePlay from 'lucide-react/icons/circle-play';
import Hourglass from 'lucide-react/icons/hourglass';
import Scale from 'lucide-react/icons/scale';
import Send from 'lucide-react/icons/send';
import Link from 'next/link';
import { useMay } from '../../api/me.ts';
import type { RunDetail } from '../../api/runs.ts';
import { Button } from '../../design/button.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { plainText } from '../../design/value-rows.ts';
import { useText } from '../../language/language.tsx';
import { CommandLines } from './command-lines.tsx';
import { useVerbs } from './run-verbs.tsx';

type Waiting = RunDetail['waitingFor'][number];

const RUN_ID = /^run_[0-9a-z]{26}$/;

export function WaitingList({ waits }: { waits: readonly Waiting[] }) {
  return (
    <ul className="flex flex-col gap-2">
      {waits.map((wait, i) => (
        <li key={`${i} ${wait.step} ${wait.name ?? ''}`} className="rounded-md border border-line bg-ground p-2.5">
          <OneWait wait={wait} />
        </li>
      ))}
    </ul>
  );
}

function OneWait({ wait }: { wait: Waiting }) {
  const text = useText();
  const { kind, name, until, since, command } = wait;
  return (
    <>
      <p className="flex items-start gap-2">
        <Hourglass aria-hidden className="mt-0.5 size-4 shrink-0 text-wait" />
        <span className="foreign min-w-0 font-medium">{plainText(wait.text)}</span>
      </p>
      <p className="mb-2 mt-0.5 ps-6 text-xs text-ink-soft">
        {text('run.since')} <RelativeTime at={since} />
        {until !== undefined && (
          <>
            {' · '}
            {text('run.until')} <RelativeTime at={until} />
          </>
        )}
      </p>
      <div className="flex flex-wrap items-center gap-2 ps-6">
        <Answer wait={wait} />
        {kind === 'run' && name !== undefined && RUN_ID.test(name) && (
          <Link href={`/runs/${name}`} className="rounded-sm text-accent hover:underline">
            {text('run.openChild')}
          </Link>
        )}
      </div>
      {command !== undefined && (
        <div className="mt-2 ps-6">
          <CommandLines commands={[command]} />
        </div>
      )}
    </>
  );
}

function Answer({ wait: { kind, name, step, command } }: { wait: Waiting }) {
  const text = useText();
  const verbs = useVerbs();
  const maySignal = useMay('run.signal');
  const mayControl = useMay('run.control');
  if (kind === 'signal' && maySignal)
    return (
      <Button tone="primary" icon={<Send aria-hidden className="size-3.5" />} onClick={() => verbs.ask({ kind: 'signal', name })}>
        {text('run.sendSignal', { name: name ?? '' })}
      </Button>
    );
  if (kind === 'paused' && mayControl)
    return (
      <Button tone="primary" icon={<CirclePlay aria-hidden className="size-3.5" />} onClick={verbs.resume}>
        {text('run.verb.resume')}
      </Button>
    );
  // The key stands in the command alone: palace resolve RUN KEY done|absent.
  const key = kind === 'in-doubt' ? / resolve \S+ (\S+) /.exec(command ?? '')?.[1] : undefined;
  if (key === undefined || !mayControl) return null;
  return (
    <Button
      tone="primary"
      icon={<Scale aria-hidden className="size-3.5" />}
      onClick={() => verbs.ask({ kind: 'resolve', effectKey: key, step: name ?? step, doubt: undefined })}
    >
      {text('run.settle')}
    </Button>
  );
}
