'use client';
// What can be done from everywhere: go to a place, change how the console looks.
import Contrast from 'lucide-react/icons/contrast';
import Keyboard from 'lucide-react/icons/keyboard';
import Languages from 'lucide-react/icons/languages';
import PanelLeft from 'lucide-react/icons/panel-left';
import { useRouter } from 'next/navigation';
import { useMemo } from 'react';
import { chooseLanguageOfReader, useLanguage, useText } from '../language/language.tsx';
import { LANGUAGE_NAMES, LANGUAGES } from '../language/languages.ts';
import { useCommands, usePalette, type Command } from '../palette/commands.tsx';
import { useSeenPlaces } from './rail.tsx';
import { chooseRail } from './rail-width.ts';
import { chooseTheme, THEMES } from './looks.ts';

export function useFrameCommands(railIsNarrow: boolean): void {
  const text = useText();
  const language = useLanguage();
  const router = useRouter();
  const places = useSeenPlaces();
  const { setOpen } = usePalette();
  const commands = useMemo<readonly Command[]>(() => {
    const go = text('frame.go');
    const looks = text('frame.looks');
    return [
      ...places.map(({ name, href, keys, Icon }) => ({
        id: `go ${name}`,
        title: text(`frame.place.${name}`),
        group: go,
        keys,
        Icon,
        run: () => router.push(href),
      })),
      {
        id: 'rail',
        title: text(railIsNarrow ? 'frame.railWide' : 'frame.railNarrow'),
        group: looks,
        keys: '[',
        Icon: PanelLeft,
        run: () => chooseRail(!railIsNarrow),
      },
      { id: 'keys', title: text('frame.keyboard'), group: looks, keys: '?', Icon: Keyboard, run: () => setOpen(true) },
      ...THEMES.map((theme) => ({
        id: `theme ${theme}`,
        title: `${text('frame.theme')}: ${text(`frame.themes.${theme}`)}`,
        group: looks,
        Icon: Contrast,
        run: () => chooseTheme(theme),
      })),
      ...LANGUAGES.filter((one) => one !== language).map((one) => ({
        id: `language ${one}`,
        title: `${text('frame.language')}: ${LANGUAGE_NAMES[one]}`,
        group: looks,
        Icon: Languages,
        run: () => chooseLanguageOfReader(one),
      })),
    ];
  }, [text, language, router, places, railIsNarrow, setOpen]);
  useCommands(commands);
}
