'use client';
// The language of the page for every component below: texts by key, and formats.
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import type { Catalog, TextKey, TextValue, ValuesOf } from './catalog.ts';
import { fill } from './fill.ts';
import { formatsOf, type Formats } from './formats.ts';
import { LANGUAGE_COOKIE, type Language } from './languages.ts';

/** `text('runs.title')`, `text('runs.selected', { count: 3 })` */
export type Text = <K extends TextKey>(key: K, ...values: ValuesOf<K>) => string;

interface Spoken {
  readonly language: Language;
  readonly text: Text;
  readonly formats: Formats;
}
const LanguageContext = createContext<Spoken | undefined>(undefined);

export function LanguageProvider({ language, catalog, children }: { language: Language; catalog: Catalog; children: ReactNode }) {
  const spoken = useMemo<Spoken>(() => {
    const formats = formatsOf(language);
    return { language, formats, text: (key, ...values) => fill(catalog, key, values[0] as Record<string, TextValue> | undefined, formats) };
  }, [language, catalog]);
  return <LanguageContext value={spoken}>{children}</LanguageContext>;
}

function useSpoken(): Spoken {
  const spoken = useContext(LanguageContext);
  if (spoken === undefined) throw new Error('LanguageProvider is missing above.');
  return spoken;
}

export const useText = (): Text => useSpoken().text;
export const useFormats = (): Formats => useSpoken().formats;
export const useLanguage = (): Language => useSpoken().language;

const YEAR_SECONDS = 31_536_000;

/** The server writes the page anew in it: its texts come with the page. */
export function chooseLanguageOfReader(language: Language): void {
  document.cookie = `${LANGUAGE_COOKIE}=${language}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  window.location.reload();
}
