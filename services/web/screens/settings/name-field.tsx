'use client';
// The name of a variable or secret that is not there yet.
import { Field } from '../../design/field.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { useText } from '../../language/language.tsx';
import { isName } from './names.ts';

export interface NameFieldProps {
  readonly name: string;
  readonly taken: readonly string[];
  onChange(name: string): void;
}

export const isFree = (name: string, taken: readonly string[]): boolean => isName(name) && !taken.includes(name);

export function NameField({ name, taken, onChange }: NameFieldProps) {
  const text = useText();
  const rule = text('settings.nameRule');
  const problem = taken.includes(name) ? text('settings.nameTaken') : name !== '' && !isName(name) && rule;
  return (
    <Field label={text('settings.name')} hint={rule} problem={problem}>
      <TextInput
        value={name}
        onChange={(event) => onChange(event.target.value.trim())}
        maxLength={100}
        autoComplete="off"
        spellCheck={false}
        className="font-mono"
      />
    </Field>
  );
}
