'use client';
// A role to choose: those that the reader may give, each with what it may do.
import { Field } from '../../design/field.tsx';
import { Select } from '../../design/select.tsx';
import { useText } from '../../language/language.tsx';
import { useMe } from '../../api/me.ts';
import type { Role } from '../../api/keys.ts';
import { mayManage } from './roles.ts';

export function RoleSelect({
  roles,
  value,
  onChange,
  disabled = false,
}: {
  roles: readonly Role[];
  value: Role;
  onChange: (role: Role) => void;
  disabled?: boolean;
}) {
  const text = useText();
  const { data: me } = useMe();
  const given = roles.filter((role) => role === value || (me !== undefined && mayManage(me.role, role)));
  return (
    <Field label={text('settings.role')} hint={text(`settings.roleHint.${value}`)}>
      <Select
        value={value}
        options={given.map((role) => ({ value: role, text: text(`frame.role.${role}`) }))}
        onChange={onChange}
        disabled={disabled}
        className="w-full"
      />
    </Field>
  );
}
