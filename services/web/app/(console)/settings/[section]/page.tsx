import { notFound } from 'next/navigation';
import { sectionOf } from '../../../../screens/settings/sections.ts';
import { Settings } from '../../../../screens/settings/settings.tsx';

export default async function SettingsSectionPage({ params }: { params: Promise<{ section: string }> }) {
  const section = sectionOf((await params).section);
  if (section === undefined) notFound();
  return <Settings section={section} />;
}
