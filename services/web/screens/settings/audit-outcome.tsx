'use client';
// Before an act an entry says what is asked for; a second one says how it ended.
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleDot from 'lucide-react/icons/circle-dot';
import CircleX from 'lucide-react/icons/circle-x';
import type { AuditRecordView } from '../../api/audit.ts';
import { Badge } from '../../design/badge.tsx';
import { useText } from '../../language/language.tsx';

const FIRST_FAILURE = 400;

export function Outcome({ record: { outcome } }: { record: AuditRecordView }) {
  const text = useText();
  if (outcome === undefined)
    return (
      <Badge icon={<CircleDot aria-hidden />} tone="idle">
        {text('settings.audit.asked')}
      </Badge>
    );
  const failed = outcome.status >= FIRST_FAILURE;
  return (
    <Badge icon={failed ? <CircleX aria-hidden /> : <CircleCheck aria-hidden />} tone={failed ? 'bad' : 'good'}>
      {text(failed ? 'settings.audit.refused' : 'settings.audit.done')} {outcome.status}
    </Badge>
  );
}
