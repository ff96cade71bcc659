'use client';
// The picture with what the chosen step says in full beside it.
import X from 'lucide-react/icons/x';
import { useMemo } from 'react';
import { IconButton } from '../../../design/icon-button.tsx';
import { ValueTree } from '../../../design/value-tree.tsx';
import { useText } from '../../../language/language.tsx';
import { FlowCanvas } from '../canvas/flow-canvas.tsx';
import { valueAt } from './value-at.ts';

export interface CanvasTabProps {
  readonly flow: string;
  readonly document: unknown;
  readonly selected: string | undefined;
  onSelect(pointer: string | undefined): void;
}

export function CanvasTab({ flow, document, selected, onSelect }: CanvasTabProps) {
  const text = useText();
  const step = useMemo(() => (selected === undefined ? undefined : valueAt(document, selected)), [document, selected]);
  return (
    <div className="flex min-h-0 flex-1 max-narrow:flex-col">
      <FlowCanvas document={document} label={flow} selected={selected} onSelect={onSelect} />
      {selected !== undefined && step !== undefined && (
        <aside
          aria-label={text('flows.step')}
          className="flex w-80 shrink-0 flex-col border-s border-line bg-panel max-narrow:h-2/5 max-narrow:w-full max-narrow:border-s-0 max-narrow:border-t"
        >
          <header className="flex items-start gap-2 border-b border-line px-3 py-2">
            <div className="min-w-0 flex-1">
              <h2 className="foreign font-semibold">{selected.split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~')}</h2>
              <code className="foreign block font-mono text-2xs text-ink-faint">{selected}</code>
            </div>
            <IconButton small label={text('design.close')} icon={<X aria-hidden className="size-4" />} onClick={() => onSelect(undefined)} />
          </header>
          <div className="min-h-0 flex-1 overflow-auto px-2">
            <ValueTree key={selected} value={step} label={text('flows.step')} openLevels={4} />
          </div>
        </aside>
      )}
    </div>
  );
}
