'use client';
import CirclePause from 'lucide-react/icons/circle-pause';
import CirclePlay from 'lucide-react/icons/circle-play';
import Ellipsis from 'lucide-react/icons/ellipsis';
import ListVideo from 'lucide-react/icons/list-video';
import PenLine from 'lucide-react/icons/pen-line';
import Play from 'lucide-react/icons/play';
import { useRouter } from 'next/navigation';
import { useMay } from '../../../api/me.ts';
import { IconButton } from '../../../design/icon-button.tsx';
import { Menu, MenuItem, MenuLine } from '../../../design/menu.tsx';
import { useText } from '../../../language/language.tsx';
import type { FlowRow } from './flow-rows.ts';

/** What can be done to a flow from the list. */
export function FlowMenu({
  row: { flow, halt },
  onRun,
  onHold,
}: {
  row: FlowRow;
  onRun: (flow: string) => void;
  onHold: (flow: string, hold: boolean) => void;
}) {
  const text = useText();
  const router = useRouter();
  const may = { start: useMay('run.start'), write: useMay('flow.write'), control: useMay('run.control') };
  const isHeld = halt?.scope === 'flow';
  return (
    <Menu
      label={text('flows.actionsOf', { flow })}
      button={<IconButton small tabIndex={-1} label={text('flows.actionsOf', { flow })} icon={<Ellipsis aria-hidden className="size-4" />} />}
    >
      {may.start && (
        <MenuItem icon={<Play aria-hidden className="size-3.5" />} onSelect={() => onRun(flow)}>
          {text('flows.runIt')}
        </MenuItem>
      )}
      <MenuItem icon={<PenLine aria-hidden className="size-3.5" />} onSelect={() => router.push(`/flows/edit/${flow}`)}>
        {text(may.write ? 'flows.edit' : 'flows.openText')}
      </MenuItem>
      <MenuItem icon={<ListVideo aria-hidden className="size-3.5" />} onSelect={() => router.push(`/runs?flow=${encodeURIComponent(flow)}`)}>
        {text('flows.itsRuns')}
      </MenuItem>
      {may.control && (halt === undefined || isHeld) && (
        <>
          <MenuLine />
          <MenuItem
            icon={isHeld ? <CirclePlay aria-hidden className="size-3.5" /> : <CirclePause aria-hidden className="size-3.5" />}
            onSelect={() => onHold(flow, !isHeld)}
          >
            {text(isHeld ? 'flows.hold.letGo' : 'flows.hold.hold')}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
