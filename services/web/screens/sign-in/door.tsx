'use client';
// The card in the middle of a page before anybody is signed in, with the choice of language.
import type { ReactNode } from 'react';
import { CodeBlock } from '../../design/code-block.tsx';
import { Mark } from '../../frame/mark.tsx';
import { chooseLanguageOfReader, useLanguage } from '../../language/language.tsx';
import { LANGUAGE_NAMES, LANGUAGES } from '../../language/languages.ts';

export function Door({ title, children }: { title: string; children: ReactNode }) {
  const language = useLanguage();
  return (
    <div className="flex min-h-dvh flex-col items-center px-4 pt-[14vh] pb-6">
      <title>{`${title} · AgentsPalace`}</title>
      <main className="w-full max-w-sm">
        <div className="mb-4 flex items-center justify-center gap-2">
          <Mark className="size-6" />
          <span className="text-lg font-semibold">AgentsPalace</span>
        </div>
        <div className="rounded-lg border border-line bg-panel p-5">
          <h1 className="foreign mb-3 text-lg font-semibold">{title}</h1>
          {children}
        </div>
      </main>
      <footer className="mt-4 flex gap-3 text-xs">
        {LANGUAGES.map((one) => (
          <button
            key={one}
            type="button"
            lang={one}
            aria-pressed={one === language}
            onClick={() => chooseLanguageOfReader(one)}
            className="rounded-sm px-1 text-ink-soft hover:text-ink aria-pressed:font-medium aria-pressed:text-ink"
          >
            {LANGUAGE_NAMES[one]}
          </button>
        ))}
      </footer>
    </div>
  );
}

/** The command that prints a new link. */
export const LoginCommand = () => <CodeBlock code="palace login" />;
