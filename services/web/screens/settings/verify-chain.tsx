'use client';
// Walks the chain of the log on the server and says what it found. It reads every entry: only when asked.
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleX from 'lucide-react/icons/circle-x';
import LoaderCircle from 'lucide-react/icons/loader-circle';
import X from 'lucide-react/icons/x';
import { useQuery } from '@tanstack/react-query';
import { verifyAudit } from '../../api/audit.ts';
import { IconButton } from '../../design/icon-button.tsx';
import { IdText } from '../../design/id-text.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { useText } from '../../language/language.tsx';

export function VerifyChain({ onClose }: { onClose: () => void }) {
  const text = useText();
  const { data, error, isFetching } = useQuery({ queryKey: ['audit-verdict'], queryFn: verifyAudit, gcTime: 0, staleTime: Infinity });
  if (error !== null) return <ProblemLine problem={error} />;
  const broken = data?.intact === false;
  return (
    <div
      role="status"
      className={`mb-2 flex items-start gap-2 rounded-md px-2.5 py-1.5 ${data === undefined ? 'bg-idle-wash text-idle' : broken ? 'bg-bad-wash text-bad' : 'bg-good-wash text-good'}`}
    >
      {isFetching ? (
        <LoaderCircle aria-hidden className="mt-0.5 size-4 shrink-0 animate-spin" />
      ) : broken ? (
        <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
      ) : (
        <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0" />
      )}
      <div className="min-w-0 flex-1">
        {data === undefined && text('settings.audit.verifying')}
        {data?.intact === true && (
          <>
            <strong className="font-medium">{text('settings.audit.intact', { count: data.entries })}</strong>{' '}
            <span className="inline-flex min-w-0 items-center gap-1">
              {text('settings.audit.lastHash')} <IdText short id={data.lastHash} />
            </span>
          </>
        )}
        {data?.intact === false && (
          <>
            <strong className="font-medium">{text('settings.audit.broken', { seq: data.seq })}</strong> <span className="foreign">{data.what}</span>
          </>
        )}
      </div>
      <IconButton small label={text('design.close')} icon={<X aria-hidden className="size-4" />} onClick={onClose} className="-my-0.5" />
    </div>
  );
}
