'use client';
// Which release runs, how far an upgrade is, and when the last backup was taken.
import type { Health } from '../../api/health.ts';
import { CodeBlock } from '../../design/code-block.tsx';
import { RelativeTime, useNowMs } from '../../design/relative-time.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { Panel } from '../home/panel.tsx';
import { backupState } from './judge.ts';
import { StateMark } from './state-mark.tsx';

export function ReleaseAndBackups({ health }: { health: Health }) {
  return (
    <div className="grid grid-cols-2 gap-4 max-narrow:grid-cols-1">
      <Release health={health} />
      <Backups health={health} />
    </div>
  );
}

function Release({ health: { release, upgrade } }: { health: Health }) {
  const text = useText();
  return (
    <Panel title={text('health.release')}>
      <div className="flex flex-col gap-2 p-3">
        <div className="flex items-center gap-2">
          <span className="text-lg font-semibold">{release}</span>
          <StateMark state={upgrade.state === 'none' ? 'good' : 'warn'} quiet />
        </div>
        <p className="text-ink-soft">{text(`health.upgrade.${upgrade.state}`)}</p>
        {upgrade.state === 'to-finish' && <CodeBlock code="palace upgrade finish" />}
        {upgrade.state === 'under-way' && <CodeBlock code="palace upgrade" />}
      </div>
    </Panel>
  );
}

function Backups({ health: { backup } }: { health: Health }) {
  const text = useText();
  const formats = useFormats();
  const state = backupState(backup?.at, Math.max(useNowMs(), Date.now()));
  return (
    <Panel title={text('health.backups')}>
      <div className="flex flex-col gap-2 p-3">
        <div className="flex items-center gap-2">
          <StateMark state={state} quiet />
          {backup === undefined ? (
            text('health.backupNone')
          ) : (
            <span>
              {text('health.backupLast')} <RelativeTime at={backup.at} />, {formats.bytes(backup.bytes)}
            </span>
          )}
        </div>
        {state !== 'good' && (
          <>
            <p className="text-ink-soft">{text('health.backupHint')}</p>
            <CodeBlock code="palace backup palace.tar" />
          </>
        )}
      </div>
    </Panel>
  );
}
