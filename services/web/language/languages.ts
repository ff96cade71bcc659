// Which languages there are and which one a reader gets: what was chosen before (a cookie), else what the browser asks for.

export const LANGUAGES = ['en', 'tr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** In their own words. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', tr: 'Türkçe' };
export const DIRECTIONS: Readonly<Record<Language, 'ltr' | 'rtl'>> = { en: 'ltr', tr: 'ltr' };
export const LANGUAGE_COOKIE = 'palace-language';

const MOST_WISHES = 20;

export function chooseLanguage(cookie: string | undefined, acceptLanguage: string | null): Language {
  if (isLanguage(cookie)) return cookie;
  for (const wish of wishes(acceptLanguage ?? '')) if (isLanguage(wish)) return wish;
  return 'en';
}

const isLanguage = (text: string | undefined): text is Language => LANGUAGES.some((language) => language === text);

/** Primary tags, the most wanted first: `tr-TR,tr;q=0.9,en;q=0.8` reads tr, tr, en. */
function wishes(header: string): string[] {
  return header
    .split(',', MOST_WISHES)
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const weight = /^\s*q=([\d.]+)\s*$/.exec(parameters.join(';'))?.[1];
      return { tag: tag.toLowerCase().split('-', 1)[0] ?? '', weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}
