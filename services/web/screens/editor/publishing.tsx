'use client';
// From the press of a button to a version and, if wished, its run: which dialog stands.
import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import type { ComponentProps } from 'react';
import { newestQuery, type FlowVersion } from '../../api/flows.ts';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { RunDialog } from '../flows/run-flow/run-dialog.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import type { FlowSource } from './text/places.ts';

/** What was asked for, and how far it has come. */
export type Wish = { readonly step: 'publish'; readonly thenRun: boolean } | { readonly step: 'run'; readonly version: FlowVersion };

export interface PublishingProps {
  readonly wish: Wish | undefined;
  readonly source: string;
  readonly named: FlowSource['named'] | undefined;
  onWish(wish: Wish | undefined): void;
  onVersion(version: string): void;
  onPublished(version: FlowVersion, thenRun: boolean): void;
  onStarted(run: string, version: FlowVersion): void;
}

export function Publishing({ wish, source, named, onWish, onVersion, onPublished, onStarted }: PublishingProps) {
  const text = useText();
  if (wish === undefined) return null;
  if (wish.step === 'run') {
    const { namespace, name } = wish.version;
    return <RunDialog namespace={namespace} name={name} onClose={() => onWish(undefined)} onStarted={(run) => onStarted(run, wish.version)} />;
  }
  if (named === undefined) return null;
  return (
    <AgainstNewest
      source={source}
      named={named}
      thenRun={wish.thenRun}
      onClose={() => onWish(undefined)}
      onVersion={onVersion}
      onPublished={(version) => {
        showToast({ title: text('editor.publish.done', { flow: `${version.namespace}/${version.name}`, version: version.version }) });
        onWish(wish.thenRun ? { step: 'run', version } : undefined);
        onPublished(version, wish.thenRun);
      }}
    />
  );
}

/** The text may name another flow than the one that was opened: it is compared with the newest version of that one. */
function AgainstNewest(props: Omit<ComponentProps<typeof PublishDialog>, 'newest'>) {
  const { namespace, name } = props.named;
  const isNamed = namespace !== '' && name !== '';
  const { data, isPending } = useQuery({ ...newestQuery(namespace, name), enabled: isNamed });
  if (isPending && isNamed) return null;
  return <PublishDialog {...props} newest={data ?? undefined} />;
}

/** Leads to the editor of a flow that was published under another name than the address has. */
export function useItsEditor(draftName: string): (version: FlowVersion) => void {
  const router = useRouter();
  return ({ namespace, name }) => {
    if (draftName !== `${namespace}/${name}`) router.replace(`/flows/edit/${namespace}/${name}`);
  };
}
