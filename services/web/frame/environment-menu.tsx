'use client';
// The tenant, and the environment in which the reader works: what they start lives there.
import ChevronsUpDown from 'lucide-react/icons/chevrons-up-down';
import { chooseEnvironment, useEnvironment, useEnvironments } from '../api/environments.ts';
import { useMe } from '../api/me.ts';
import { Menu, MenuChoice } from '../design/menu.tsx';
import { useText } from '../language/language.tsx';

export function EnvironmentMenu() {
  const text = useText();
  const chosen = useEnvironment();
  const { data: me } = useMe();
  const { data: environments } = useEnvironments();
  if (me === undefined || environments === undefined) return null;
  const shown = environments.some(({ name }) => name === chosen) ? chosen : 'default';
  return (
    <Menu
      label={text('frame.environment')}
      button={
        <button
          type="button"
          className="flex h-control max-w-56 items-center gap-1 rounded-md px-1.5 text-xs text-ink-soft hover:bg-hover hover:text-ink data-[state=open]:bg-hover max-narrow:hidden"
        >
          <bdi className="truncate">{me.tenant}</bdi>
          <span aria-hidden className="text-ink-faint">
            /
          </span>
          <span className="sr-only">{text('frame.environment')}</span>
          <bdi className="truncate font-medium text-ink">{shown}</bdi>
          <ChevronsUpDown aria-hidden className="size-3 shrink-0" />
        </button>
      }
    >
      <MenuChoice
        label={text('frame.environment')}
        value={shown}
        options={environments.map(({ name }) => ({ value: name, text: <bdi>{name}</bdi> }))}
        onChoose={chooseEnvironment}
      />
    </Menu>
  );
}
