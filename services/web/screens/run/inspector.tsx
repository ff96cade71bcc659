'use client';
// What is known of the line that is chosen: of a step, or of the run as a whole.
import type { RunDetail } from '../../api/runs.ts';
import { Tabs, type Tab } from '../../design/tabs.tsx';
import { useText } from '../../language/language.tsx';
import { Definition } from './definition.tsx';
import { EventsTable } from './events-table.tsx';
import { RunOverview } from './run-overview.tsx';
import { RunValues } from './run-values.tsx';
import type { RunTree } from './tree-shape.ts';
import type { StepNode } from './step-node.ts';
import { StepOverview } from './step-overview.tsx';
import { StepValues } from './step-values.tsx';
import { Why } from './why.tsx';

export const PANELS = ['overview', 'values', 'why', 'definition', 'events'] as const;
export type Panel = (typeof PANELS)[number];

export interface InspectorProps {
  readonly run: RunDetail;
  readonly tree: RunTree;
  readonly version: number;
  readonly node: StepNode;
  readonly panel: Panel;
  onPanel(panel: Panel): void;
  onSelect(id: number): void;
}

export function Inspector(props: InspectorProps) {
  const text = useText();
  const { run, tree, version, node, panel, onPanel, onSelect } = props;
  const whole = node.role === 'run';
  const tabs: Tab<Panel>[] = whole
    ? [
        { value: 'overview', title: text('run.panel.overview'), content: <RunOverview run={run} tree={tree} onSelect={onSelect} /> },
        { value: 'values', title: text('run.panel.values'), content: <RunValues run={run} /> },
        ...(run.why === undefined ? [] : [{ value: 'why' as const, title: text('run.panel.why'), content: <Why run={run} /> }]),
        {
          value: 'definition',
          title: text('run.panel.definition'),
          content: <Definition run={run} tree={tree} version={version} pointer={undefined} onSelect={onSelect} />,
        },
        { value: 'events', title: text('run.panel.allEvents'), content: <EventsTable run={run} tree={tree} seqs={undefined} version={version} /> },
      ]
    : [
        { value: 'overview', title: text('run.panel.overview'), content: <StepOverview run={run} node={node} version={version} onSelect={onSelect} /> },
        { value: 'values', title: text('run.panel.values'), content: <StepValues run={run} node={node} /> },
        {
          value: 'definition',
          title: text('run.panel.definition'),
          content: <Definition run={run} tree={tree} version={version} pointer={node.pointer} onSelect={onSelect} />,
        },
        {
          value: 'events',
          title: text('run.panel.events', { count: node.seqs.length }),
          content: <EventsTable key={node.id} run={run} tree={tree} seqs={node.seqs} version={version} />,
        },
      ];
  const shown = tabs.some(({ value }) => value === panel) ? panel : 'overview';
  return (
    <Tabs
      key={node.role === 'run' ? 'run' : 'step'}
      label={text('run.inspector')}
      value={shown}
      tabs={tabs}
      onChange={onPanel}
      className="min-h-0 flex-1 bg-panel"
    />
  );
}
