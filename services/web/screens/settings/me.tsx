'use client';
// What is the reader's own: who they are here, language and theme, password, sessions.
import { useState, type ReactNode } from 'react';
import { useMe } from '../../api/me.ts';
import { Field } from '../../design/field.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { Select } from '../../design/select.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { chooseTheme, shownTheme, THEMES } from '../../frame/looks.ts';
import { chooseLanguageOfReader, useLanguage, useText } from '../../language/language.tsx';
import { LANGUAGE_NAMES, LANGUAGES } from '../../language/languages.ts';
import { Facts } from './facts.tsx';
import { OwnName } from './own-name.tsx';
import { Password } from './password.tsx';
import { Sessions } from './sessions.tsx';

export function Me() {
  const text = useText();
  const { data: me } = useMe();
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PageHeader title={text('settings.section.me')} about={text('settings.me.about')} />
      <div className="flex max-w-2xl flex-col gap-4 px-4 pb-8 pt-2">
        <Block title={text('settings.me.who')}>
          {me === undefined ? (
            <Skeleton className="h-16 w-64" />
          ) : (
            <Facts
              facts={[
                [text('settings.name'), me.person === undefined ? text('frame.byKey') : <OwnName key={me.person.name} name={me.person.name} />],
                [text('settings.email'), me.person?.email],
                [text('settings.role'), `${text(`frame.role.${me.role}`)}: ${text(`settings.roleHint.${me.role}`)}`],
                [text('settings.me.tenant'), me.tenant],
              ]}
            />
          )}
        </Block>
        <Block title={text('settings.me.looks')}>
          <Looks />
        </Block>
        {me?.person !== undefined && (
          <>
            <Block title={text('settings.me.password')}>
              <Password hasPassword={me.person.hasPassword} email={me.person.email} />
            </Block>
            <Block title={text('settings.me.sessions')}>
              <Sessions />
            </Block>
          </>
        )}
      </div>
    </div>
  );
}

const Block = ({ title, children }: { title: string; children: ReactNode }) => (
  <section aria-label={title} className="rounded-lg border border-line bg-panel p-4">
    <h2 className="mb-3 font-semibold">{title}</h2>
    {children}
  </section>
);

function Looks() {
  const text = useText();
  const language = useLanguage();
  const [theme, setTheme] = useState(shownTheme);
  return (
    <div className="grid grid-cols-2 gap-3 max-narrow:grid-cols-1">
      <Field label={text('frame.language')}>
        <Select
          className="w-full"
          value={language}
          options={LANGUAGES.map((value) => ({ value, text: <span lang={value}>{LANGUAGE_NAMES[value]}</span> }))}
          onChange={(chosen) => {
            if (chosen !== language) chooseLanguageOfReader(chosen);
          }}
        />
      </Field>
      <Field label={text('frame.theme')}>
        <Select
          className="w-full"
          value={theme}
          options={THEMES.map((value) => ({ value, text: text(`frame.themes.${value}`) }))}
          onChange={(chosen) => {
            chooseTheme(chosen);
            setTheme(chosen);
          }}
        />
      </Field>
    </div>
  );
}
