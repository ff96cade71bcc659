'use client';
// The dialog of a verb. A refusal is shown in it; what came of it is told when it closes.
import type { RunDetail } from '../../api/runs.ts';
import { CancelDialog } from './cancel-dialog.tsx';
import { GoBackDialog } from './go-back-dialog.tsx';
import { ResolveDialog } from './resolve-dialog.tsx';
import type { Asking } from './asking.ts';
import { SignalDialog } from './signal-dialog.tsx';

export function VerbDialog({ run, about, onClose }: { run: RunDetail; about: Asking; onClose: () => void }) {
  if (about.kind === 'signal') return <SignalDialog run={run} name={about.name} onClose={onClose} />;
  if (about.kind === 'cancel') return <CancelDialog run={run} onClose={onClose} />;
  if (about.kind === 'resolve') return <ResolveDialog run={run} effectKey={about.effectKey} step={about.step} doubt={about.doubt} onClose={onClose} />;
  return <GoBackDialog run={run} kind={about.kind} node={about.node} onClose={onClose} />;
}
