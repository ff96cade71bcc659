'use client';
// The own sessions: where somebody is signed in, and the end of each, or of all.
import Monitor from 'lucide-react/icons/monitor';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { signOutEverywhere } from '../../api/me.ts';
import { endSession, sessionsQuery, type SessionView } from '../../api/people.ts';
import { Badge } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { ListState } from '../../design/list-state.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { showToast, useShowProblem } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { browserOf } from './user-agent.ts';

export function Sessions() {
  const text = useText();
  const client = useQueryClient();
  const [everywhere, setEverywhere] = useState(false);
  const { data, error, refetch } = useQuery(sessionsQuery);
  return (
    <>
      <ListState rows={data} problem={error} onRetry={() => void refetch()} empty={null}>
        {(sessions) => (
          <ul className="-mx-4 mb-3 border-y border-line">
            {sessions.map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
          </ul>
        )}
      </ListState>
      <Button onClick={() => setEverywhere(true)}>{text('frame.signOutEverywhere')}</Button>
      <ConfirmDialog
        open={everywhere}
        onOpenChange={setEverywhere}
        title={text('frame.signOutEverywhere')}
        description={text('frame.signOutEverywhereHint')}
        verb={text('frame.signOutEverywhere')}
        onConfirm={async () => {
          await signOutEverywhere();
          client.clear();
          window.location.assign('/sign-in');
        }}
      />
    </>
  );
}

function SessionRow({ session }: { session: SessionView }) {
  const text = useText();
  const client = useQueryClient();
  const showProblem = useShowProblem();
  const [busy, setBusy] = useState(false);
  const { id, lastUsedAt, address, userAgent, current } = session;
  const { browser, system } = browserOf(userAgent);
  const end = async (): Promise<void> => {
    setBusy(true);
    try {
      await endSession(id);
      showToast({ title: text('settings.me.ended') });
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    } catch (error) {
      showProblem(error);
      setBusy(false);
    }
  };
  return (
    <li className="flex min-h-11 items-center gap-3 border-b border-line px-4 py-1.5 last:border-0">
      <Monitor aria-hidden className="size-4 shrink-0 text-ink-faint" />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <span title={userAgent} className="foreign truncate font-medium">
            {[browser ?? text('settings.me.unknownBrowser'), system].filter(Boolean).join(' · ')}
          </span>
          {current && <Badge tone="live">{text('settings.me.thisSession')}</Badge>}
        </div>
        <div className="truncate text-xs text-ink-soft">
          {address !== undefined && <span className="font-mono">{address} · </span>}
          {text('settings.lastUsed')}: <RelativeTime at={lastUsedAt} />
        </div>
      </div>
      {!current && (
        <Button busy={busy} onClick={() => void end()}>
          {text('frame.signOut')}
        </Button>
      )}
    </li>
  );
}
