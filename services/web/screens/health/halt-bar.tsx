'use client';
// What is held back now, by whom and why, and letting it go on. Also: why nothing is kept, when nothing is.
import CirclePause from 'lucide-react/icons/circle-pause';
import CircleX from 'lucide-react/icons/circle-x';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { haltsQuery, type Halt } from '../../api/flows.ts';
import { letGo } from '../../api/health.ts';
import { useMay } from '../../api/me.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { Who } from '../settings/who.tsx';
import { scopeOf } from './halt-scope.ts';

export function HaltBar({ silence }: { silence: string | undefined }) {
  const { data: halts = [] } = useQuery(haltsQuery);
  return (
    <>
      {silence !== undefined && (
        <p role="alert" className="flex items-start gap-2 rounded-lg border border-bad bg-bad-wash px-3 py-2 text-bad">
          <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="foreign">{silence}</span>
        </p>
      )}
      {halts.map((halt) => (
        <HaltRow key={`${halt.scope} ${halt.tenant ?? ''} ${halt.flow ?? ''}`} halt={halt} />
      ))}
    </>
  );
}

function HaltRow({ halt }: { halt: Halt }) {
  const text = useText();
  const client = useQueryClient();
  const may = useMay('run.control');
  const [asking, setAsking] = useState(false);
  const name = halt.flow ?? halt.tenant ?? '';
  const title = text(`health.held.${halt.scope}`, { name });
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-lg border border-warn bg-warn-wash px-3 py-2 text-warn">
      <CirclePause aria-hidden className="size-4 shrink-0" />
      <div className="min-w-0 flex-1">
        <strong className="foreign font-medium">{title}</strong> {text(halt.level === 'everything' ? 'health.nothingDecided' : 'health.nothingBegins')}{' '}
        <span className="foreign">{halt.reason !== undefined && `“${halt.reason}”`}</span>{' '}
        <span className="text-xs">
          <Who id={halt.by} tone="text-warn" />, <RelativeTime at={halt.since} />
        </span>
      </div>
      {may && <Button onClick={() => setAsking(true)}>{text('health.resume')}</Button>}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        danger={false}
        title={text('health.resumeTitle')}
        description={text('health.resumeHint')}
        verb={text('health.resume')}
        onConfirm={async () => {
          await letGo(scopeOf(halt));
          await client.invalidateQueries({ queryKey: haltsQuery.queryKey });
          showToast({ title: text('health.resumed') });
        }}
      />
    </div>
  );
}
