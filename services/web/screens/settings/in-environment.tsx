'use client';
import { useText } from '../../language/language.tsx';

/** In which environment the list is: the one of the top bar. */
export function InEnvironment({ name, about }: { name: string; about: string }) {
  return (
    <>
      {useText()('settings.inEnvironment')} <bdi className="font-medium text-ink">{name}</bdi>. {about}
    </>
  );
}
