'use client';
// Who is signed in, and what is theirs: language, theme, sessions, the way out.
import CircleUser from 'lucide-react/icons/circle-user';
import KeyRound from 'lucide-react/icons/key-round';
import LogOut from 'lucide-react/icons/log-out';
import MonitorX from 'lucide-react/icons/monitor-x';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { signOut, signOutEverywhere, useMe } from '../api/me.ts';
import { ConfirmDialog } from '../design/confirm-dialog.tsx';
import { Menu, MenuChoice, MenuItem, MenuLine } from '../design/menu.tsx';
import { useShowProblem } from '../design/toast.tsx';
import { chooseLanguageOfReader, useLanguage, useText } from '../language/language.tsx';
import { LANGUAGE_NAMES, LANGUAGES } from '../language/languages.ts';
import { chooseTheme, shownTheme, THEMES } from './looks.ts';

export function PersonMenu() {
  const text = useText();
  const router = useRouter();
  const [everywhere, setEverywhere] = useState(false);
  const leave = useLeave();
  const showProblem = useShowProblem();
  const { data } = useMe();
  const signedIn = data?.session !== undefined;
  return (
    <>
      <Menu label={text('frame.person')} button={<PersonButton />}>
        <Who />
        <MenuLine />
        <ReaderChoices />
        {signedIn && (
          <>
            <MenuLine />
            <MenuItem icon={<KeyRound aria-hidden className="size-4" />} onSelect={() => router.push('/settings/profile')}>
              {text('frame.sessions')}
            </MenuItem>
            <MenuItem icon={<MonitorX aria-hidden className="size-4" />} onSelect={() => setEverywhere(true)}>
              {text('frame.signOutEverywhere')}
            </MenuItem>
            <MenuItem icon={<LogOut aria-hidden className="size-4" />} onSelect={() => void signOut().then(leave, showProblem)}>
              {text('frame.signOut')}
            </MenuItem>
          </>
        )}
      </Menu>
      <ConfirmDialog
        open={everywhere}
        onOpenChange={setEverywhere}
        title={text('frame.signOutEverywhere')}
        description={text('frame.signOutEverywhereHint')}
        verb={text('frame.signOutEverywhere')}
        onConfirm={() => signOutEverywhere().then(leave)}
      />
    </>
  );
}

/** Nothing of the one who was signed in stays in the page. */
function useLeave(): () => void {
  const client = useQueryClient();
  return () => {
    client.clear();
    window.location.assign('/sign-in');
  };
}

function PersonButton(props: React.ComponentProps<'button'>) {
  const text = useText();
  return (
    <button
      type="button"
      {...props}
      aria-label={text('frame.person')}
      className="inline-flex size-control items-center justify-center rounded-md text-ink-soft hover:bg-hover hover:text-ink data-[state=open]:bg-hover"
    >
      <CircleUser aria-hidden className="size-4.5" />
    </button>
  );
}

function Who() {
  const text = useText();
  const { data } = useMe();
  if (data === undefined) return null;
  return (
    <div className="px-2 py-1.5">
      <div className="foreign truncate font-medium">{data.person?.name ?? text('frame.byKey')}</div>
      <div className="foreign truncate text-xs text-ink-soft">{data.person?.email ?? data.id}</div>
      <div className="text-xs text-ink-faint">{text(`frame.role.${data.role}`)}</div>
    </div>
  );
}

function ReaderChoices() {
  const text = useText();
  const language = useLanguage();
  const [theme, setTheme] = useState(shownTheme);
  return (
    <>
      <MenuChoice
        label={text('frame.language')}
        value={language}
        options={LANGUAGES.map((value) => ({ value, text: <span lang={value}>{LANGUAGE_NAMES[value]}</span> }))}
        onChoose={(chosen) => {
          if (chosen !== language) chooseLanguageOfReader(chosen);
        }}
      />
      <MenuLine />
      <MenuChoice
        label={text('frame.theme')}
        value={theme}
        options={THEMES.map((value) => ({ value, text: text(`frame.themes.${value}`) }))}
        onChoose={(chosen) => {
          chooseTheme(chosen);
          setTheme(chosen);
        }}
      />
    </>
  );
}
