'use client';
// An invitation: who invites whom as what; a name and a password make a person of it. The token leaves the address at once.
import { useEffect, useState } from 'react';
import { acceptInvitation, lookAtInvitation, type InvitationLook } from '../../api/me.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { useText } from '../../language/language.tsx';
import { Door } from '../sign-in/door.tsx';
import { enterConsole } from '../sign-in/enter-console.ts';
import { takeToken } from '../sign-in/fragment.ts';
import { isRefused } from '../sign-in/refused.ts';

type State =
  | { readonly kind: 'reading' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly problem: unknown }
  | { readonly kind: 'open'; readonly token: string; readonly look: InvitationLook };

export function Invitation() {
  const text = useText();
  const state = useInvitation();
  if (state.kind === 'open') return <Accept token={state.token} look={state.look} />;
  if (state.kind === 'missing') return <Told title={text('signIn.invitationMissing')} next={text('signIn.invitationMissingNext')} />;
  if (state.kind === 'refused' && isRefused(state.problem)) return <Told title={text('signIn.invitationGone')} next={text('signIn.invitationGoneNext')} />;
  return (
    <Door title={text('signIn.invitationLook')}>
      {state.kind === 'refused' ? <ProblemLine problem={state.problem} /> : <Skeleton className="h-24 w-full" />}
    </Door>
  );
}

const Told = ({ title, next }: { title: string; next: string }) => (
  <Door title={title}>
    <p className="text-ink-soft">{next}</p>
  </Door>
);

function useInvitation(): State {
  const [state, setState] = useState<State>({ kind: 'reading' });
  useEffect(() => {
    const stop = new AbortController();
    const read = (): void => {
      const token = takeToken();
      if (token === undefined) return setState((before) => (before.kind === 'reading' ? { kind: 'missing' } : before));
      setState({ kind: 'reading' });
      lookAtInvitation(token, stop.signal).then(
        (look) => setState({ kind: 'open', token, look }),
        (problem: unknown) => setState({ kind: 'refused', problem }),
      );
    };
    read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }, []);
  return state;
}

const SHORTEST_PASSWORD = 10;

function Accept({ token, look }: { token: string; look: InvitationLook }) {
  const text = useText();
  const [busy, setBusy] = useState(false);
  const [short, setShort] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const submit = async (form: FormData): Promise<void> => {
    const password = String(form.get('password'));
    setShort(password.length < SHORTEST_PASSWORD);
    if (password.length < SHORTEST_PASSWORD) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await acceptInvitation({ token, name: String(form.get('name')), password });
      enterConsole();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Door title={text('signIn.invitation', { tenant: look.tenant })}>
      <p className="foreign mb-3 text-ink-soft">{text('signIn.invitationBy', { inviter: look.invitedBy, role: text(`frame.role.${look.role}`) })}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <Field label={text('signIn.email')}>
          <TextInput name="email" type="email" autoComplete="username" value={look.email} readOnly />
        </Field>
        <Field label={text('signIn.name')}>
          <TextInput name="name" autoComplete="name" required maxLength={100} />
        </Field>
        <Field label={text('signIn.password')} hint={text('signIn.passwordHint')} problem={short && text('signIn.passwordShort')}>
          <TextInput name="password" type="password" autoComplete="new-password" required maxLength={200} />
        </Field>
        {problem !== undefined && <ProblemLine problem={problem} />}
        <Button type="submit" tone="primary" busy={busy} className="w-full">
          {text('signIn.accept')}
        </Button>
      </form>
    </Door>
  );
}
