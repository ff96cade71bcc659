'use client';
// The head of the editor: which flow and version the text is, that it is a draft, and what can be done with it.
import Play from 'lucide-react/icons/play';
import Undo from 'lucide-react/icons/undo-2';
import Upload from 'lucide-react/icons/upload';
import { Badge } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { useText } from '../../language/language.tsx';
import type { FlowSource } from './text/places.ts';

export interface EditorBarProps {
  readonly named: FlowSource['named'] | undefined;
  readonly keptAtMs: number | undefined;
  readonly differs: boolean;
  readonly isOld: boolean;
  readonly mayWrite: boolean;
  readonly mayPublish: boolean;
  onDiscard(): void;
  onPublish(thenRun: boolean): void;
}

export function EditorBar({ named, keptAtMs, differs, isOld, mayWrite, mayPublish, onDiscard, onPublish }: EditorBarProps) {
  const text = useText();
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
      <h1 className="foreign min-w-0 truncate font-semibold">
        {named === undefined || named.name === '' ? text('flows.new') : `${named.namespace}/${named.name}`}
      </h1>
      {named !== undefined && named.version !== '' && <bdi className="font-mono text-xs text-ink-soft">{named.version}</bdi>}
      {!mayWrite && <Badge>{text('editor.readOnly')}</Badge>}
      {differs && keptAtMs !== undefined && (
        <span className="flex items-center gap-1.5 text-xs text-ink-soft">
          <Badge tone="live">{text('editor.draft')}</Badge>
          <span className="max-narrow:hidden">
            {text('editor.draftKept')} <RelativeTime at={new Date(keptAtMs).toISOString()} />
          </span>
        </span>
      )}
      {isOld && <Badge tone="warn">{text('editor.draftOld')}</Badge>}
      {mayWrite && (
        <span className="ms-auto flex items-center gap-2">
          {differs && (
            <Button tone="quiet" icon={<Undo aria-hidden className="size-3.5" />} onClick={onDiscard}>
              {text('editor.discard')}
            </Button>
          )}
          <Button disabled={!mayPublish || !differs} icon={<Upload aria-hidden className="size-3.5" />} onClick={() => onPublish(false)}>
            {text('editor.publish.verb')}
          </Button>
          <Button tone="primary" disabled={!mayPublish} icon={<Play aria-hidden className="size-3.5" />} onClick={() => onPublish(true)}>
            {text('editor.publish.andRun')}
          </Button>
        </span>
      )}
    </header>
  );
}
