'use client';
// What can be done to a flow from its page.
import { useQueryClient } from '@tanstack/react-query';
import CirclePause from 'lucide-react/icons/circle-pause';
import CirclePlay from 'lucide-react/icons/circle-play';
import Ellipsis from 'lucide-react/icons/ellipsis';
import Trash from 'lucide-react/icons/trash-2';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { deleteFlow, type Halt } from '../../../api/flows.ts';
import { useMay } from '../../../api/me.ts';
import { ConfirmDialog } from '../../../design/confirm-dialog.tsx';
import { IconButton } from '../../../design/icon-button.tsx';
import { Menu, MenuItem, MenuLine } from '../../../design/menu.tsx';
import { showToast } from '../../../design/toast.tsx';
import { useText } from '../../../language/language.tsx';
import { useHold } from '../list/hold-flow.ts';
import type { FlowNamed } from '../flow-named.ts';

/** What is done to a flow as a whole, and seldom. */
export function FlowPageMenu({ namespace, name, halt }: FlowNamed & { halt: Halt | undefined }) {
  const text = useText();
  const router = useRouter();
  const queries = useQueryClient();
  const hold = useHold();
  const [deleting, setDeleting] = useState(false);
  const flow = `${namespace}/${name}`;
  const isHeld = halt?.scope === 'flow';
  const mayHold = useMay('run.control') && (halt === undefined || isHeld);
  const mayDelete = useMay('flow.write');
  if (!mayHold && !mayDelete) return null;
  return (
    <>
      <Menu
        label={text('flows.actionsOf', { flow })}
        button={<IconButton label={text('flows.actionsOf', { flow })} icon={<Ellipsis aria-hidden className="size-4" />} />}
      >
        {mayHold && (
          <MenuItem
            icon={isHeld ? <CirclePlay aria-hidden className="size-3.5" /> : <CirclePause aria-hidden className="size-3.5" />}
            onSelect={() => hold(flow, !isHeld)}
          >
            {text(isHeld ? 'flows.hold.letGo' : 'flows.hold.hold')}
          </MenuItem>
        )}
        {mayHold && mayDelete && <MenuLine />}
        {mayDelete && (
          <MenuItem danger icon={<Trash aria-hidden className="size-3.5" />} onSelect={() => setDeleting(true)}>
            {text('flows.delete.verb')}
          </MenuItem>
        )}
      </Menu>
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={text('flows.delete.title', { flow })}
        description={text('flows.delete.what')}
        verb={text('flows.delete.verb')}
        name={name}
        onConfirm={async () => {
          await deleteFlow(namespace, name);
          await queries.invalidateQueries({ queryKey: ['flows'] });
          showToast({ title: text('flows.delete.done', { flow }) });
          router.push('/flows');
        }}
      />
    </>
  );
}
