'use client';
import CirclePause from 'lucide-react/icons/circle-pause';
import type { Halt } from '../../../api/flows.ts';
import { Badge } from '../../../design/badge.tsx';
import { Tooltip } from '../../../design/tooltip.tsx';
import { useFormats, useText } from '../../../language/language.tsx';

/** Why a flow does nothing new, and since when. */
export function HeldBadge({ halt }: { halt: Halt }) {
  const text = useText();
  const formats = useFormats();
  const since = text('flows.hold.since', { by: halt.by, time: formats.shortDateTime(new Date(halt.since)) });
  return (
    <Tooltip text={<bdi>{halt.reason === undefined ? since : `${halt.reason} · ${since}`}</bdi>}>
      <span tabIndex={0} className="relative z-1 inline-flex rounded-sm">
        <Badge tone="warn" icon={<CirclePause aria-hidden />}>
          {text(halt.scope === 'flow' ? 'flows.hold.held' : 'flows.hold.heldWith')}
        </Badge>
      </span>
    </Tooltip>
  );
}
