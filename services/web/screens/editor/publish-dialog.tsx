'use client';
// Publishing: what changes against the newest version, under which number, and what the server says of it.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import Upload from 'lucide-react/icons/upload';
import { publishFlow, type FlowDetail, type FlowVersion } from '../../api/flows.ts';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogClose } from '../../design/dialog.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { useText } from '../../language/language.tsx';
import { diffTexts } from '../flows/versions/line-diff.ts';
import { TextDiff } from '../flows/versions/text-diff.tsx';
import { nextVersion } from './next-version.ts';
import type { FlowSource } from './text/places.ts';

export interface PublishDialogProps {
  readonly source: string;
  readonly named: FlowSource['named'];
  /** The newest version of the flow that the text names; undefined when there is none. */
  readonly newest: FlowDetail | undefined;
  readonly thenRun: boolean;
  onClose(): void;
  /** The text gets this number. */
  onVersion(version: string): void;
  onPublished(version: FlowVersion): void;
}

export function PublishDialog({ source, named, newest, thenRun, onClose, onVersion, onPublished }: PublishDialogProps) {
  const text = useText();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const lines = useMemo(() => (newest === undefined ? undefined : diffTexts(newest.source, source)), [newest, source]);
  const flow = `${named.namespace}/${named.name}`;
  const isTaken = newest !== undefined && newest.version === named.version && newest.source !== source;
  const next = isTaken ? nextVersion(newest.version) : undefined;
  const publish = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const published = await publishFlow(source);
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['flow', published.namespace, published.name] }),
        queries.invalidateQueries({ queryKey: ['flows'] }),
      ]);
      onPublished(published);
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={text('editor.publish.title', { flow, version: named.version })}
      description={newest === undefined ? text('editor.publish.first') : text('editor.publish.against', { version: newest.version })}
      actions={
        <>
          <DialogClose asChild>
            <Button>{text('design.cancel')}</Button>
          </DialogClose>
          <Button tone="primary" busy={busy} icon={<Upload aria-hidden className="size-3.5" />} onClick={() => void publish()}>
            {text(thenRun ? 'editor.publish.andRun' : 'editor.publish.verb')}
          </Button>
        </>
      }
    >
      {isTaken && (
        <p className="mb-2 flex flex-wrap items-center gap-2 rounded-md bg-warn-wash px-2.5 py-1.5 text-warn">
          {text('editor.publish.taken', { version: named.version })}
          {next !== undefined && (
            <Button className="h-6!" onClick={() => onVersion(next)}>
              {text('editor.publish.use', { version: next })}
            </Button>
          )}
        </p>
      )}
      <p className="mb-2 text-xs text-ink-soft">{text('editor.publish.rule')}</p>
      {lines !== undefined && (
        <div className="h-80 max-h-[45vh] overflow-hidden rounded-md border border-line">
          <TextDiff lines={lines} label={text('editor.publish.against', { version: newest?.version ?? '' })} />
        </div>
      )}
      {problem !== undefined && <ProblemLine problem={problem} />}
    </Dialog>
  );
}
