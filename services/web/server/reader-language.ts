// Which of our languages a reader wants: the cookie that the console sets, else what the browser says, else English.
export type ReaderLanguage = 'en' | 'tr';

const COOKIE = /(?:^|;\s*)palace-language=(en|tr)(?:;|$)/;

export function readerLanguage(cookie: string | undefined, accept: string | undefined): ReaderLanguage {
  const chosen = COOKIE.exec(cookie ?? '')?.[1];
  if (chosen === 'en' || chosen === 'tr') return chosen;
  const wanted = (accept ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...rest] = part.trim().toLowerCase().split(';');
      const weight = /^\s*q=([\d.]+)/.exec(rest.join(';'))?.[1];
      return { language: tag.split('-')[0], weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ language, weight }) => (language === 'en' || language === 'tr') && weight > 0);
  const best = wanted.reduce<(typeof wanted)[number] | undefined>((first, one) => (first === undefined || one.weight > first.weight ? one : first), undefined);
  return best?.language === 'tr' ? 'tr' : 'en';
}
