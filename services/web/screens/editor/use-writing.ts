'use client';
// The text of the editor against what is published: where it began, whether it differs, and its draft.
import { useEffect, useState } from 'react';
import type { FlowDetail } from '../../api/flows.ts';
import { dropDraft, keepDraft, readDraft } from './draft.ts';

export interface Writing {
  /** What the editor begins with. */
  readonly initial: string;
  readonly text: string;
  setText(text: string): void;
  readonly published: string;
  /** The text is a version now. */
  onPublished(): void;
  readonly differs: boolean;
  readonly keptAtMs: number | undefined;
  /** The draft began from a version that is not the newest any more. */
  readonly isOld: boolean;
}

export function useWriting(draftName: string, opened: string, newest: FlowDetail | undefined): Writing {
  const [draft] = useState(() => readDraft(draftName));
  const [initial] = useState(draft?.text ?? opened);
  const [text, setText] = useState(initial);
  // Of a new flow that was published from here: the address does not know it yet.
  const [firstText, setFirstText] = useState<string>();
  const published = firstText ?? opened;
  const differs = text !== published;
  const keptAtMs = useDraft(draftName, text, published, newest?.hash);
  return {
    initial,
    text,
    setText,
    published,
    onPublished: () => {
      if (newest === undefined) setFirstText(text);
    },
    differs,
    keptAtMs,
    isOld: differs && draft?.base !== undefined && newest !== undefined && draft.base !== newest.hash,
  };
}

const KEEP_MS = 400;

/** When the draft was kept last. */
function useDraft(flow: string, text: string, published: string, base: string | undefined): number | undefined {
  const [kept, setKept] = useState(() => readDraft(flow)?.atMs);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === published) {
        dropDraft(flow);
        setKept(undefined);
        return;
      }
      const atMs = Date.now();
      setKept(keepDraft(flow, { text, atMs, ...(base !== undefined && { base }) }) ? atMs : undefined);
    }, KEEP_MS);
    return () => clearTimeout(timer);
  }, [flow, text, published, base]);
  return kept;
}
