'use client';
// The rail: where one can go. Narrow shows icons alone; on a narrow screen it is a sheet (shell.tsx).
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useMemo } from 'react';
import { useMe } from '../api/me.ts';
import { classes } from '../design/classes.ts';
import { KeyHint } from '../design/key-hint.tsx';
import { Tooltip } from '../design/tooltip.tsx';
import { useText } from '../language/language.tsx';
import { Mark } from './mark.tsx';
import { placeOf, PLACES, type Place } from './navigation.ts';

export function Rail({ narrow = false, onGo }: { narrow?: boolean; onGo?: () => void }) {
  const text = useText();
  const places = useSeenPlaces();
  const here = placeOf(usePathname());
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className={classes('flex h-bar shrink-0 items-center gap-2', narrow ? 'justify-center' : 'px-3.5')}>
        <Mark />
        {!narrow && <span className="truncate font-semibold">AgentsPalace</span>}
      </div>
      <nav aria-label={text('frame.places')} className="min-h-0 flex-1 overflow-y-auto px-1.5 py-1">
        <ul className="flex flex-col gap-px">
          {places.map((place) => (
            <li key={place.name}>
              <RailLink place={place} narrow={narrow} current={place === here} onGo={onGo} />
            </li>
          ))}
        </ul>
      </nav>
    </div>
  );
}

/** Until it is known who reads, all of them: the server decides anyway. */
/** The same list while the reader is the same: commands are made of it. */
export function useSeenPlaces(): readonly Place[] {
  const { data } = useMe();
  return useMemo(
    () => (data === undefined ? PLACES : PLACES.filter(({ permission }) => permission === undefined || data.permissions.includes(permission))),
    [data],
  );
}

function RailLink({ place, narrow, current, onGo }: { place: Place; narrow: boolean; current: boolean; onGo: (() => void) | undefined }) {
  const text = useText();
  const title = text(`frame.place.${place.name}`);
  const link = (
    <Link
      href={place.href}
      prefetch
      {...(onGo !== undefined && { onClick: onGo })}
      aria-current={current ? 'page' : undefined}
      aria-label={narrow ? title : undefined}
      className={classes(
        'group/link flex h-row items-center gap-2.5 rounded-md transition-colors duration-75',
        narrow ? 'justify-center' : 'px-2',
        current ? 'bg-selected font-medium text-ink' : 'text-ink-soft hover:bg-hover hover:text-ink',
      )}
    >
      <place.Icon aria-hidden className={classes('size-4 shrink-0', current && 'text-accent')} />
      {!narrow && (
        <>
          <span className="min-w-0 flex-1 truncate">{title}</span>
          <span aria-hidden className="hidden group-hover/link:inline group-focus-visible/link:inline">
            <KeyHint keys={place.keys} />
          </span>
        </>
      )}
    </Link>
  );
  return narrow ? (
    <Tooltip text={title} keys={place.keys} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
