import { redirect } from 'next/navigation';
import { FIRST_SECTION } from '../../../screens/settings/sections.ts';

export default function SettingsPage() {
  redirect(`/settings/${FIRST_SECTION}`);
}
