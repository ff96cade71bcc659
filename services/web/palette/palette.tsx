'use client';
// The command palette itself: loaded when it is first opened.
import { Command } from 'cmdk';
import { useMemo } from 'react';
import { KeyHint } from '../design/key-hint.tsx';
import { useText } from '../language/language.tsx';
import { usePalette, type Command as Action } from './commands.tsx';

export function Palette() {
  const text = useText();
  const { open, setOpen, commands } = usePalette();
  const groups = useMemo(() => Map.groupBy(commands, ({ group }) => group), [commands]);
  const run = (action: Action): void => {
    setOpen(false);
    // After the dialog has given the focus back: the action may take it.
    setTimeout(() => action.run(), 0);
  };
  return (
    <Command.Dialog
      open={open}
      onOpenChange={setOpen}
      label={text('frame.palette')}
      loop
      overlayClassName="appear fixed inset-0 z-40 bg-shade"
      contentClassName="appear fixed left-1/2 top-[14vh] z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg bg-raised text-ink shadow-dialog outline-none"
    >
      <Command.Input
        placeholder={text('frame.paletteHint')}
        className="h-11 w-full border-b border-line bg-transparent px-4 text-md outline-none placeholder:text-ink-faint"
      />
      <Command.List className="max-h-[52vh] overflow-y-auto p-1.5" label={text('frame.palette')}>
        <Command.Empty className="px-3 py-6 text-center text-ink-soft">{text('frame.paletteEmpty')}</Command.Empty>
        {[...groups].map(([group, actions]) => (
          <Command.Group
            key={group}
            heading={group}
            className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-faint"
          >
            {actions.map((action) => (
              <Command.Item
                key={action.id}
                value={`${action.title} ${action.id}`}
                keywords={action.words?.split(' ') ?? []}
                onSelect={() => run(action)}
                className="flex min-h-8 cursor-default items-center gap-2.5 rounded-sm px-2 py-1 data-[selected=true]:bg-hover data-[selected=true]:shadow-[inset_2px_0_0_var(--focus)]"
              >
                <span className="inline-flex w-4 justify-center text-ink-soft">
                  {action.Icon !== undefined && <action.Icon aria-hidden className="size-4" />}
                </span>
                <span className="foreign min-w-0 flex-1 truncate">{action.title}</span>
                {action.keys !== undefined && <KeyHint keys={action.keys} />}
              </Command.Item>
            ))}
          </Command.Group>
        ))}
      </Command.List>
    </Command.Dialog>
  );
}
