// The document: language, direction and theme are in the first byte, so that nothing flashes. Reading the request makes every page
// render on demand, with the nonce of its own answer.
import type { Metadata, Viewport } from 'next';
import { cookies, headers } from 'next/headers';
import type { ReactNode } from 'react';
import { themeOf, THEME_COOKIE } from '../frame/looks.ts';
import { en } from '../language/en.ts';
import { LanguageProvider } from '../language/language.tsx';
import { chooseLanguage, DIRECTIONS, LANGUAGE_COOKIE, type Language } from '../language/languages.ts';
import type { Catalog } from '../language/catalog.ts';
import { tr } from '../language/tr.ts';
import './globals.css';

const CATALOGS: Readonly<Record<Language, Catalog>> = { en, tr };

export const metadata: Metadata = {
  robots: { index: false, follow: false },
  formatDetection: { telephone: false, email: false, address: false },
};
export const viewport: Viewport = { width: 'device-width', initialScale: 1, colorScheme: 'light dark' };

export default async function Document({ children }: { children: ReactNode }) {
  const said = await cookies();
  const language = chooseLanguage(said.get(LANGUAGE_COOKIE)?.value, (await headers()).get('accept-language'));
  return (
    <html lang={language} dir={DIRECTIONS[language]} data-theme={themeOf(said.get(THEME_COOKIE)?.value)} suppressHydrationWarning>
      <body>
        <LanguageProvider language={language} catalog={CATALOGS[language]}>
          {children}
        </LanguageProvider>
      </body>
    </html>
  );
}
