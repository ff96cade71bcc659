'use client';
// Verbs for the runs that are selected. What a verb cannot change is told before anything is done; what became of each afterwards.
import CirclePause from 'lucide-react/icons/circle-pause';
import CirclePlay from 'lucide-react/icons/circle-play';
import CircleStop from 'lucide-react/icons/circle-stop';
import RotateCw from 'lucide-react/icons/rotate-cw';
import X from 'lucide-react/icons/x';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import type { BulkWish } from '../../api/run-verbs.ts';
import type { ListedRun } from '../../api/runs.ts';
import { Button } from '../../design/button.tsx';
import { IconButton } from '../../design/icon-button.tsx';
import { useText } from '../../language/language.tsx';

const BulkDialog = dynamic(() => import('./bulk-dialog.tsx').then((found) => found.BulkDialog), { ssr: false });

const VERBS = [
  { verb: 'retry', Icon: RotateCw },
  { verb: 'pause', Icon: CirclePause },
  { verb: 'resume', Icon: CirclePlay },
  { verb: 'cancel', Icon: CircleStop },
] as const;

/** The API takes no more at once. */
const MOST_SELECTED = 1_000;

interface BulkBarProps {
  readonly selected: ReadonlySet<string>;
  readonly listed: readonly ListedRun[];
  /** The filter of the list, where a verb can be given it: then all runs that fit can be meant. */
  readonly filter: BulkWish['filter'] | undefined;
  onClear(): void;
}

export function BulkBar({ selected, listed, filter, onClear }: BulkBarProps) {
  const text = useText();
  const [verb, setVerb] = useState<BulkWish['verb']>();
  const [all, setAll] = useState(false);
  const offersAll = filter !== undefined && Object.keys(filter).length > 0 && selected.size === listed.length;
  const tooMany = selected.size > MOST_SELECTED && !all;
  return (
    <div
      role="region"
      aria-label={text('runs.bulk.label')}
      className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-t border-line-strong bg-raised px-3 py-1.5"
    >
      <span className="font-medium">{all ? text('runs.bulk.allFit') : text('runs.bulk.selected', { count: selected.size })}</span>
      {offersAll && (
        <Button tone="quiet" className="text-accent" aria-pressed={all} onClick={() => setAll(!all)}>
          {text(all ? 'runs.bulk.onlySelected' : 'runs.bulk.meanAll')}
        </Button>
      )}
      {tooMany && <span className="text-warn">{text('runs.bulk.tooMany')}</span>}
      <span className="ms-auto flex flex-wrap items-center gap-2">
        {VERBS.map(({ verb: one, Icon }) => (
          <Button key={one} disabled={tooMany} icon={<Icon aria-hidden className="size-3.5" />} onClick={() => setVerb(one)}>
            {text(`runs.bulk.verb.${one}`)}
          </Button>
        ))}
        <IconButton label={text('runs.bulk.clear')} keys="escape" side="top" icon={<X aria-hidden className="size-4" />} onClick={onClear} />
      </span>
      {verb !== undefined && (
        <BulkDialog
          verb={verb}
          filter={all && filter !== undefined ? filter : { ids: [...selected] }}
          shown={all ? [] : [...selected]}
          onClose={(done) => {
            setVerb(undefined);
            if (done) onClear();
          }}
        />
      )}
    </div>
  );
}
