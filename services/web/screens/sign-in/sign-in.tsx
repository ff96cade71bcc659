'use client';
// Signing in. A link carries its token in the fragment of the address, which no server sees; it leaves the address before anything else
// happens, so that no history, screenshot or copied address holds it.
import { useEffect, useState } from 'react';
import { signInByLink } from '../../api/me.ts';
import { ProblemLine } from '../../design/problem-view.tsx';
import { useText } from '../../language/language.tsx';
import { Door, LoginCommand } from './door.tsx';
import { enterConsole } from './enter-console.ts';
import { takeToken } from './fragment.ts';
import { PasswordForm } from './password-form.tsx';
import { isRefused } from './refused.ts';

export function SignIn() {
  const text = useText();
  const link = useLink();
  if (link.state === 'busy') {
    return (
      <Door title={text('signIn.title')}>
        <p role="status" className="text-ink-soft">
          {text('signIn.checking')}
        </p>
      </Door>
    );
  }
  return (
    <Door title={text('signIn.title')}>
      {link.state === 'refused' && <LinkProblem problem={link.problem} />}
      {link.state === 'refused' && <h2 className="mb-2 mt-4 font-medium">{text('signIn.usePassword')}</h2>}
      <PasswordForm />
      {link.state === 'none' && (
        <div className="mt-4 border-t border-line pt-3 text-xs text-ink-soft">
          <p className="mb-1.5">{text('signIn.withoutPassword')}</p>
          <LoginCommand />
        </div>
      )}
    </Door>
  );
}

type Link = { readonly state: 'none' } | { readonly state: 'busy' } | { readonly state: 'refused'; readonly problem: unknown };

function useLink(): Link {
  const [link, setLink] = useState<Link>({ state: 'none' });
  useEffect(() => {
    const go = (): void => {
      const token = takeToken();
      if (token === undefined) return;
      setLink({ state: 'busy' });
      signInByLink(token).then(enterConsole, (problem: unknown) => setLink({ state: 'refused', problem }));
    };
    go();
    // A second link that is opened in the same tab changes only the fragment.
    window.addEventListener('hashchange', go);
    return () => window.removeEventListener('hashchange', go);
  }, []);
  return link;
}

function LinkProblem({ problem }: { problem: unknown }) {
  const text = useText();
  if (!isRefused(problem)) return <ProblemLine problem={problem} />;
  return (
    <div role="alert" className="rounded-md bg-warn-wash px-3 py-2">
      <p className="font-medium text-warn">{text('signIn.linkGone')}.</p>
      <p className="mb-2 mt-1 text-ink-soft">{text('signIn.linkGoneNext')}</p>
      <LoginCommand />
    </div>
  );
}
