'use client';
// Publishing: what changes against the newest version, under which number, and what the server says of it.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { publishFlow, type FlowDetail, type FlowVersion } from '../../api/flows.ts';
import { Button } from '../../design/button.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
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
  const lines = useMemo(() => (newest === undefined ? undefined : diffTexts(newest.source, source)), [newest, source]);
  const flow = `${named.namespace}/${named.name}`;
  const isTaken = newest !== undefined && newest.version === named.version && newest.source !== source;
  const next = isTaken ? nextVersion(newest.version) : undefined;
  const publish = async (): Promise<false> => {
    const published = await publishFlow(source);
    await Promise.all([
      queries.invalidateQueries({ queryKey: ['flow', published.namespace, published.name] }),
      queries.invalidateQueries({ queryKey: ['flows'] }),
    ]);
    onPublished(published);
    // What comes next is the editor's.
    return false;
  };
  return (
    <FormDialog
      open
      wide
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={text('editor.publish.title', { flow, version: named.version })}
      description={newest === undefined ? text('editor.publish.first') : text('editor.publish.against', { version: newest.version })}
      verb={text(thenRun ? 'editor.publish.andRun' : 'editor.publish.verb')}
      onSubmit={publish}
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
    </FormDialog>
  );
}
