'use client';
import { useState } from 'react';
import { signInByPassword } from '../../api/me.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { Words } from '../../design/words.tsx';
import { useText } from '../../language/language.tsx';
import { enterConsole } from './enter-console.ts';
import { isRefused } from './refused.ts';

/** The same words for an unknown address and a wrong password: the server does not tell them apart either. */
export function PasswordForm() {
  const text = useText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const submit = async (form: FormData): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await signInByPassword(String(form.get('email')), String(form.get('password')));
      enterConsole();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const wrong = isRefused(problem);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
    >
      <Field label={text('signIn.email')}>
        <TextInput name="email" type="email" autoComplete="username" required />
      </Field>
      <Field label={text('signIn.password')} problem={wrong && <Words text={`${text('signIn.wrong')}. ${text('signIn.wrongNext')}`} />}>
        <TextInput name="password" type="password" autoComplete="current-password" required maxLength={200} />
      </Field>
      {problem !== undefined && !wrong && <ProblemLine problem={problem} />}
      <Button type="submit" tone="primary" busy={busy} className="w-full">
        {text('signIn.submit')}
      </Button>
    </form>
  );
}
