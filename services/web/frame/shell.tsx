'use client';
// The frame around every screen: rail, top bar, palette, news. Who is not signed in is sent to the sign-in page and comes back.
import Menu from 'lucide-react/icons/menu';
import PanelLeft from 'lucide-react/icons/panel-left';
import Search from 'lucide-react/icons/search';
import dynamic from 'next/dynamic';
import { useState, type ReactNode } from 'react';
import { Sheet } from '../design/dialog.tsx';
import { IconButton } from '../design/icon-button.tsx';
import { KeyHint } from '../design/key-hint.tsx';
import { useText } from '../language/language.tsx';
import { usePalette } from '../palette/commands.tsx';
import { Bell } from './bell.tsx';
import { Crumbs } from './crumbs.tsx';
import { EnvironmentMenu } from './environment-menu.tsx';
import { useFrameCommands } from './frame-commands.tsx';
import { LiveDot } from './live-dot.tsx';
import { PersonMenu } from './person-menu.tsx';
import { Rail } from './rail.tsx';
import { chooseRail, useRailIsNarrow } from './rail-width.ts';

const Palette = dynamic(() => import('../palette/palette.tsx').then(({ Palette: found }) => found), { ssr: false });

export function Shell({ railIsNarrow, children }: { railIsNarrow: boolean; children: ReactNode }) {
  const text = useText();
  const narrow = useRailIsNarrow(railIsNarrow);
  const [sheet, setSheet] = useState(false);
  const { open } = usePalette();
  const [opened, setOpened] = useState(false);
  if (open && !opened) setOpened(true);
  useFrameCommands(narrow);
  return (
    <div className="flex h-dvh min-w-0 overflow-hidden">
      <a href="#screen" className="sr-only z-60 rounded-md bg-raised px-3 py-1.5 shadow-menu focus:not-sr-only focus:fixed focus:start-2 focus:top-2">
        {text('frame.skip')}
      </a>
      <aside className={`flex shrink-0 flex-col border-e border-line bg-panel max-narrow:hidden ${narrow ? 'w-(--rail-narrow)' : 'w-(--rail)'}`}>
        <Rail narrow={narrow} />
        <div className={`flex shrink-0 p-1.5 ${narrow ? 'justify-center' : ''}`}>
          <IconButton
            label={text(narrow ? 'frame.railWide' : 'frame.railNarrow')}
            keys="["
            side="right"
            icon={<PanelLeft aria-hidden className="size-4" />}
            aria-expanded={!narrow}
            onClick={() => chooseRail(!narrow)}
          />
        </div>
      </aside>
      <Sheet open={sheet} onOpenChange={setSheet} title={text('frame.places')}>
        <Rail onGo={() => setSheet(false)} />
      </Sheet>
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar onMenu={() => setSheet(true)} />
        <main id="screen" tabIndex={-1} className="relative flex min-h-0 flex-1 flex-col overflow-y-auto outline-none">
          {children}
        </main>
      </div>
      {opened && <Palette />}
    </div>
  );
}

function TopBar({ onMenu }: { onMenu: () => void }) {
  const text = useText();
  const { setOpen } = usePalette();
  return (
    <header className="flex h-bar shrink-0 items-center gap-1.5 border-b border-line bg-panel px-3">
      <IconButton className="narrow:hidden" label={text('frame.places')} icon={<Menu aria-hidden className="size-4" />} onClick={onMenu} />
      <Crumbs />
      <EnvironmentMenu />
      <LiveDot />
      <button
        type="button"
        onClick={() => setOpen(true)}
        className="flex h-control items-center gap-2 rounded-md border border-line px-2 text-xs text-ink-soft hover:border-line-strong hover:text-ink"
      >
        <Search aria-hidden className="size-3.5" />
        <span className="max-narrow:sr-only">{text('frame.find')}</span>
        <span aria-hidden className="max-narrow:hidden">
          <KeyHint keys="mod+k" />
        </span>
      </button>
      <Bell />
      <PersonMenu />
    </header>
  );
}
