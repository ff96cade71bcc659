'use client';
// Two versions side by side: their texts line by line, or their pictures with what came, went, changed and moved.
import { useMemo, useState } from 'react';
import { SplitPane } from '../../../design/split-pane.tsx';
import { Tabs } from '../../../design/tabs.tsx';
import { useText } from '../../../language/language.tsx';
import { FlowCanvas } from '../canvas/flow-canvas.tsx';
import { diffTexts } from './line-diff.ts';
import { stepChanges } from './step-changes.ts';
import { TextDiff } from './text-diff.tsx';

export interface Side {
  readonly title: string;
  readonly source: string;
  readonly document: unknown;
}

export function VersionDiff({ flow, before, after }: { flow: string; before: Side; after: Side }) {
  const text = useText();
  const [tab, setTab] = useState<'text' | 'canvas'>('text');
  const lines = useMemo(() => diffTexts(before.source, after.source), [before.source, after.source]);
  const count = (kind: string): number => lines.filter((line) => line.kind === kind).length;
  const title = text('flows.versions.between', { before: before.title, after: after.title });
  return (
    <Tabs<'text' | 'canvas'>
      className="flex-1"
      label={title}
      value={tab}
      onChange={setTab}
      tabs={[
        {
          value: 'text',
          title: (
            <>
              {text('flows.versions.asText')} <span className="font-mono text-2xs text-good">+{count('added')}</span>
              <span className="font-mono text-2xs text-bad">−{count('removed')}</span>
            </>
          ),
          content: <TextDiff lines={lines} label={title} />,
        },
        { value: 'canvas', title: text('flows.versions.asPicture'), content: tab === 'canvas' && <PictureDiff flow={flow} before={before} after={after} /> },
      ]}
    />
  );
}

function PictureDiff({ flow, before, after }: { flow: string; before: Side; after: Side }) {
  const changes = useMemo(() => stepChanges(before.document, after.document), [before.document, after.document]);
  const [selected, setSelected] = useState<string>();
  const pane = (side: Side, found: typeof changes.before) => (
    <div className="flex min-h-0 flex-1 flex-col">
      <p className="shrink-0 border-b border-line px-3 py-1 font-mono text-xs text-ink-soft">
        <bdi>{side.title}</bdi>
      </p>
      <FlowCanvas document={side.document} label={`${flow} ${side.title}`} changes={found} selected={selected} onSelect={setSelected} />
    </div>
  );
  return (
    <div className="flex h-full min-h-0">
      <SplitPane name="versions" first={pane(before, changes.before)} second={pane(after, changes.after)} />
    </div>
  );
}
