'use client';
// The own password: set for the first time, or changed. Every other session ends with it.
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { meQuery } from '../../api/me.ts';
import { sessionsQuery, setPassword } from '../../api/people.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { Words } from '../../design/words.tsx';
import { useText } from '../../language/language.tsx';

const SHORTEST = 10;

export function Password({ hasPassword, email }: { hasPassword: boolean; email: string }) {
  const text = useText();
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [short, setShort] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const submit = async (said: FormData): Promise<void> => {
    const next = String(said.get('next'));
    setShort(next.length < SHORTEST);
    if (next.length < SHORTEST) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await setPassword(next, hasPassword ? String(said.get('current')) : undefined);
      form.current?.reset();
      showToast({ title: text('settings.me.passwordSet'), detail: text('settings.me.passwordSetHint') });
      await Promise.all([client.invalidateQueries({ queryKey: meQuery.queryKey }), client.invalidateQueries({ queryKey: sessionsQuery.queryKey })]);
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
    >
      <p className="mb-3 text-ink-soft">
        <Words text={text(hasPassword ? 'settings.me.passwordHint' : 'settings.me.noPassword')} />
      </p>
      {/* For password managers: whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      {hasPassword && (
        <Field label={text('settings.me.current')}>
          <TextInput name="current" type="password" autoComplete="current-password" required maxLength={200} />
        </Field>
      )}
      <Field label={text('settings.me.next')} hint={text('signIn.passwordHint')} problem={short && text('signIn.passwordShort')}>
        <TextInput name="next" type="password" autoComplete="new-password" required maxLength={200} />
      </Field>
      {problem !== undefined && <ProblemLine problem={problem} />}
      <Button type="submit" tone="primary" busy={busy}>
        {text(hasPassword ? 'settings.me.change' : 'settings.me.set')}
      </Button>
    </form>
  );
}
