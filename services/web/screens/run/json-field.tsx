'use client';
import { Field } from '../../design/field.tsx';
import { TextArea } from '../../design/text-input.tsx';
import { useText } from '../../language/language.tsx';
import { readJson } from './json-text.ts';

/** JSON in a field; what is wrong is said as soon as it is. */
export function JsonField({
  label,
  hint,
  value,
  rows = 6,
  onChange,
}: {
  label: string;
  hint?: string;
  value: string;
  rows?: number;
  onChange: (value: string) => void;
}) {
  const text = useText();
  const read = readJson(value);
  return (
    <Field
      label={label}
      {...(hint !== undefined && { hint })}
      problem={read.ok ? undefined : text('run.json.wrong', { line: String(read.line), column: String(read.column) })}
    >
      <TextArea
        value={value}
        rows={rows}
        spellCheck={false}
        autoComplete="off"
        className="font-mono text-xs leading-5"
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
