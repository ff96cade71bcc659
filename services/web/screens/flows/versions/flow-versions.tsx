'use client';
// The versions of a flow, and how two of them differ: as text and as pictures. Which two stands in the address.
import { useQuery } from '@tanstack/react-query';
import { useAddressState } from '../../../design/address-state.ts';
import { Badge } from '../../../design/badge.tsx';
import { classes } from '../../../design/classes.ts';
import { IdText } from '../../../design/id-text.tsx';
import { ProblemView } from '../../../design/problem-view.tsx';
import { RelativeTime } from '../../../design/relative-time.tsx';
import { SkeletonRows } from '../../../design/skeleton.tsx';
import { flowQuery, versionsQuery, type FlowVersion } from '../../../api/flows.ts';
import { useText } from '../../../language/language.tsx';
import type { FlowNamed } from '../flow-named.ts';
import { YamlView } from '../page/yaml-view.tsx';
import { VersionDiff } from './version-diff.tsx';

const NAMES = ['version', 'with'] as const;
/** In the address: compare with the version before, which is the usual wish. */
const ALONE = 'none';

export function FlowVersions({ namespace, name }: FlowNamed) {
  const text = useText();
  const { data, error, refetch } = useQuery(versionsQuery(namespace, name));
  const [state, setState] = useAddressState(NAMES);
  if (data === undefined) return error === null ? <SkeletonRows /> : <ProblemView problem={error} onRetry={() => void refetch()} />;
  const shown = data.find(({ version }) => version === state.version) ?? data[0];
  const before = data[data.findIndex((one) => one === shown) + 1];
  const base = state.with === ALONE ? undefined : (data.find(({ version }) => version === state.with) ?? before);
  return (
    <div className="flex min-h-0 flex-1 max-narrow:flex-col">
      <ol
        aria-label={text('flows.tab.versions')}
        className="w-72 shrink-0 overflow-y-auto border-e border-line max-narrow:max-h-48 max-narrow:w-full max-narrow:border-b"
      >
        {data.map((version) => (
          <VersionRow
            key={version.version}
            version={version}
            current={version === shown}
            base={version === base}
            onShow={() => setState({ version: version.version, with: '' })}
            onCompare={() => setState({ version: shown?.version ?? '', with: version.version })}
          />
        ))}
      </ol>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {shown !== undefined && base !== undefined && base !== shown ? (
          <Comparison namespace={namespace} name={name} before={base.version} after={shown.version} />
        ) : (
          shown !== undefined && <OneVersion namespace={namespace} name={name} version={shown.version} />
        )}
      </div>
    </div>
  );
}

interface VersionRowProps {
  readonly version: FlowVersion;
  readonly current: boolean;
  readonly base: boolean;
  onShow(): void;
  onCompare(): void;
}

function VersionRow({ version: { version, hash, publishedAt, latest }, current, base, onShow, onCompare }: VersionRowProps) {
  const text = useText();
  return (
    <li className={classes('flex items-center gap-2 border-b border-line px-3 py-2', current ? 'bg-selected' : 'hover:bg-hover')}>
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <button type="button" aria-current={current ? 'true' : undefined} onClick={onShow} className="rounded-sm font-mono text-xs font-semibold">
            <bdi>{version}</bdi>
          </button>
          {latest && <Badge tone="good">{text('flows.versions.newest')}</Badge>}
          {base && <Badge>{text('flows.versions.comparedWith')}</Badge>}
        </div>
        <div className="flex items-center gap-2 text-xs text-ink-soft">
          <RelativeTime at={publishedAt} />
          <IdText id={hash} short />
        </div>
      </div>
      {!current && !base && (
        <button
          type="button"
          onClick={onCompare}
          className="shrink-0 rounded-sm px-1 text-xs text-accent hover:underline"
          aria-label={text('flows.versions.compareWith', { version })}
        >
          {text('flows.versions.compare')}
        </button>
      )}
    </li>
  );
}

function Comparison({ namespace, name, before, after }: FlowNamed & { before: string; after: string }) {
  const old = useQuery(flowQuery(namespace, name, before));
  const fresh = useQuery(flowQuery(namespace, name, after));
  const error = old.error ?? fresh.error;
  if (old.data === undefined || fresh.data === undefined) return error === null ? <SkeletonRows /> : <ProblemView problem={error} />;
  return (
    <VersionDiff
      flow={`${namespace}/${name}`}
      before={{ title: before, source: old.data.source, document: old.data.document }}
      after={{ title: after, source: fresh.data.source, document: fresh.data.document }}
    />
  );
}

function OneVersion({ namespace, name, version }: FlowNamed & { version: string }) {
  const text = useText();
  const { data, error } = useQuery(flowQuery(namespace, name, version));
  if (data === undefined) return error === null ? <SkeletonRows /> : <ProblemView problem={error} />;
  return <YamlView text={data.source} label={text('flows.versions.textOf', { version })} />;
}
