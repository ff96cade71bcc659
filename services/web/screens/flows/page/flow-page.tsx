'use client';
// One flow: its newest version as a picture and as text, its versions, its runs, what starts it, and what can be done to it.
import { useQuery } from '@tanstack/react-query';
import PenLine from 'lucide-react/icons/pen-line';
import Play from 'lucide-react/icons/play';
import { useMemo, useState } from 'react';
import { flowQuery, haltOf, haltsQuery, type FlowDetail } from '../../../api/flows.ts';
import { useMay } from '../../../api/me.ts';
import { useAddressState } from '../../../design/address-state.ts';
import { Button, ButtonLink } from '../../../design/button.tsx';
import { PageHeader } from '../../../design/page-header.tsx';
import { ProblemView } from '../../../design/problem-view.tsx';
import { RelativeTime } from '../../../design/relative-time.tsx';
import { Skeleton } from '../../../design/skeleton.tsx';
import { Tabs } from '../../../design/tabs.tsx';
import { plainText } from '../../../design/value-rows.ts';
import { useCrumbs } from '../../../frame/crumbs.tsx';
import { useText } from '../../../language/language.tsx';
import { useCommands, type Command } from '../../../palette/commands.tsx';
import { CanvasWaits } from '../canvas/canvas-waits.tsx';
import { HeldBadge } from '../list/held-badge.tsx';
import { RunDialog } from '../run-flow/run-dialog.tsx';
import { FlowVersions } from '../versions/flow-versions.tsx';
import { CanvasTab } from './canvas-tab.tsx';
import type { FlowNamed } from '../flow-named.ts';
import { FlowPageMenu } from './flow-page-menu.tsx';
import { FlowRuns } from './flow-runs.tsx';
import { FlowTriggers } from './flow-triggers.tsx';
import { YamlView } from './yaml-view.tsx';

const NAMES = ['tab', 'step'] as const;
const TABS = ['canvas', 'text', 'versions', 'runs', 'triggers'] as const;
type FlowTab = (typeof TABS)[number];

export function FlowPage({ namespace, name }: FlowNamed) {
  const text = useText();
  const flow = `${namespace}/${name}`;
  const { data, error, refetch } = useQuery({ ...flowQuery(namespace, name), refetchInterval: 10_000 });
  const [{ tab: asked, step }, setAddress] = useAddressState(NAMES);
  const [running, setRunning] = useState(false);
  const tab = TABS.find((one) => one === asked) ?? 'canvas';
  useCrumbs(useMemo(() => [{ title: flow }], [flow]));
  useFlowCommands(flow, () => setRunning(true));
  if (data === undefined && error !== null) return <ProblemView heading="h1" problem={error} onRetry={() => void refetch()} />;
  const contents: Readonly<Record<FlowTab, () => React.ReactNode>> = {
    canvas: () =>
      data === undefined ? <CanvasWaits /> : <CanvasTab flow={flow} document={data.document} selected={step} onSelect={(to) => setAddress({ step: to })} />,
    text: () => (data === undefined ? <Skeleton className="m-4 h-40" /> : <YamlView text={data.source} label={text('flows.tab.text')} />),
    versions: () => <FlowVersions namespace={namespace} name={name} />,
    runs: () => <FlowRuns flow={flow} />,
    triggers: () => <FlowTriggers flow={flow} />,
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <FlowHead namespace={namespace} name={name} detail={data} onRun={() => setRunning(true)} />
      <Tabs
        className="flex-1"
        label={flow}
        value={tab}
        onChange={(to) => setAddress({ tab: to === 'canvas' ? undefined : to })}
        tabs={TABS.map((value) => ({
          value,
          title: text(`flows.tab.${value}`),
          content: value === tab && <div className="flex h-full min-h-0 flex-col">{contents[value]()}</div>,
        }))}
      />
      {running && <RunDialog namespace={namespace} name={name} onClose={() => setRunning(false)} />}
    </div>
  );
}

function FlowHead({ namespace, name, detail, onRun }: FlowNamed & { detail: FlowDetail | undefined; onRun: () => void }) {
  const text = useText();
  const flow = `${namespace}/${name}`;
  const halts = useQuery({ ...haltsQuery, enabled: useMay('run.read') }).data;
  const halt = haltOf(halts, flow);
  const mayStart = useMay('run.start');
  const mayWrite = useMay('flow.write');
  return (
    <PageHeader
      title={
        <>
          <span className="font-normal text-ink-faint">{namespace}/</span>
          {name}
        </>
      }
      about={
        detail !== undefined && (
          <span className="flex flex-wrap items-center gap-x-2">
            {detail.title !== undefined && <bdi>{plainText(detail.title)}</bdi>}
            <span className="font-mono text-xs">{detail.version}</span>
            <span className="text-xs text-ink-faint">
              {text('flows.published')} <RelativeTime at={detail.publishedAt} />
            </span>
          </span>
        )
      }
      actions={
        <>
          {halt !== undefined && <HeldBadge halt={halt} />}
          {mayStart && (
            <Button tone="primary" icon={<Play aria-hidden className="size-3.5" />} onClick={onRun}>
              {text('flows.runIt')}
            </Button>
          )}
          <ButtonLink href={`/flows/edit/${flow}`} icon={<PenLine aria-hidden className="size-3.5" />}>
            {text(mayWrite ? 'flows.edit' : 'flows.openText')}
          </ButtonLink>
          <FlowPageMenu namespace={namespace} name={name} halt={halt} />
        </>
      }
    />
  );
}

function useFlowCommands(flow: string, onRun: () => void): void {
  const text = useText();
  const mayStart = useMay('run.start');
  const [run] = useState(() => onRun);
  const commands = useMemo<readonly Command[]>(
    () => (mayStart ? [{ id: 'run flow', title: text('flows.run.title', { flow }), group: text('frame.place.flows'), keys: 'r', Icon: Play, run }] : []),
    [text, flow, mayStart, run],
  );
  useCommands(commands);
}
