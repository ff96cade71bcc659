'use client';
// Settings: the sections at the side, or above on a narrow screen, and the one that the address names.
import Braces from 'lucide-react/icons/braces';
import CircleUser from 'lucide-react/icons/circle-user';
import KeyRound from 'lucide-react/icons/key-round';
import Layers from 'lucide-react/icons/layers';
import Lock from 'lucide-react/icons/lock';
import Network from 'lucide-react/icons/network';
import ScrollText from 'lucide-react/icons/scroll-text';
import Users from 'lucide-react/icons/users';
import type { LucideIcon } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useMemo, type ComponentType } from 'react';
import { useMe } from '../../api/me.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { useCrumbs } from '../../frame/crumbs.tsx';
import { useText } from '../../language/language.tsx';
import { useCommands } from '../../palette/commands.tsx';
import { GROUPS, SECTIONS, type Section } from './sections.ts';

type Name = Section['name'];

const ICONS: Readonly<Record<Name, LucideIcon>> = {
  me: CircleUser,
  people: Users,
  keys: KeyRound,
  environments: Layers,
  variables: Braces,
  secrets: Lock,
  egress: Network,
  audit: ScrollText,
};

const loading = () => <SkeletonRows />;
const CONTENT: Readonly<Record<Name, ComponentType>> = {
  me: dynamic(() => import('./me.tsx').then(({ Me }) => Me), { ssr: false, loading }),
  people: dynamic(() => import('./people.tsx').then(({ People }) => People), { ssr: false, loading }),
  keys: dynamic(() => import('./keys.tsx').then(({ Keys }) => Keys), { ssr: false, loading }),
  environments: dynamic(() => import('./environments.tsx').then(({ Environments }) => Environments), { ssr: false, loading }),
  variables: dynamic(() => import('./variables.tsx').then(({ Variables }) => Variables), { ssr: false, loading }),
  secrets: dynamic(() => import('./secrets.tsx').then(({ Secrets }) => Secrets), { ssr: false, loading }),
  egress: dynamic(() => import('./egress.tsx').then(({ Egress }) => Egress), { ssr: false, loading }),
  audit: dynamic(() => import('./audit.tsx').then(({ Audit }) => Audit), { ssr: false, loading }),
};

export function Settings({ section }: { section: Name }) {
  const text = useText();
  const { data: me } = useMe();
  const seen = useSections();
  const Content = CONTENT[section];
  useCrumbs(useMemo(() => [{ title: text(`settings.section.${section}`) }], [text, section]));
  useSectionCommands(seen);
  return (
    <div className="flex min-h-0 flex-1 max-narrow:flex-col">
      <SectionList seen={seen} section={section} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {seen.some(({ name }) => name === section) && <Content />}
        {me !== undefined && !seen.some(({ name }) => name === section) && (
          <EmptyState heading="h1" title={text('settings.notForYou')}>
            {text('settings.notForYouHint')}
          </EmptyState>
        )}
      </div>
    </div>
  );
}

/** Those that the reader may see; none until that is known. */
function useSections(): readonly Section[] {
  const { data: me } = useMe();
  return useMemo(() => (me === undefined ? [] : SECTIONS.filter(({ permission }) => permission === undefined || me.permissions.includes(permission))), [me]);
}

function useSectionCommands(seen: readonly Section[]): void {
  const text = useText();
  const router = useRouter();
  useCommands(
    useMemo(
      () =>
        seen.map(({ name }) => ({
          id: `settings.${name}`,
          title: text(`settings.section.${name}`),
          group: text('frame.place.settings'),
          Icon: ICONS[name],
          run: () => router.push(`/settings/${name}`),
        })),
      [seen, text, router],
    ),
  );
}

function SectionList({ seen, section }: { seen: readonly Section[]; section: Name }) {
  const text = useText();
  return (
    <nav
      aria-label={text('frame.place.settings')}
      className="flex shrink-0 gap-4 overflow-x-auto border-line p-2 max-narrow:border-b narrow:w-48 narrow:flex-col narrow:overflow-y-auto narrow:border-e narrow:py-4"
    >
      {GROUPS.map((group) => {
        const members = seen.filter((one) => one.group === group);
        if (members.length === 0) return null;
        return (
          <div key={group} role="group" aria-label={text(`settings.group.${group}`)} className="flex shrink-0 gap-0.5 narrow:flex-col">
            <div aria-hidden className="px-2 pb-1 text-2xs font-medium text-ink-faint max-narrow:hidden">
              {text(`settings.group.${group}`)}
            </div>
            {members.map(({ name }) => (
              <SectionLink key={name} name={name} current={name === section} />
            ))}
          </div>
        );
      })}
    </nav>
  );
}

function SectionLink({ name, current }: { name: Name; current: boolean }) {
  const text = useText();
  const Icon = ICONS[name];
  return (
    <Link
      href={`/settings/${name}`}
      aria-current={current ? 'page' : undefined}
      className={`flex h-control shrink-0 items-center gap-2 rounded-md px-2 ${current ? 'bg-selected font-medium text-ink' : 'text-ink-soft hover:bg-hover hover:text-ink'}`}
    >
      <Icon aria-hidden className="size-4 shrink-0" />
      {text(`settings.section.${name}`)}
    </Link>
  );
}
