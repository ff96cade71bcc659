'use client';
import { useEffect, useMemo, useState } from 'react';
import type { PlacedGraph } from './elk-graph.ts';
import { graphOf } from './graph-of.ts';
import { layOut } from './layout.ts';

/** The graph of a document with its places. While a new one is laid out the last one is shown; an answer that comes too late counts no more. */
export function usePlaced(document: unknown): { readonly placed: PlacedGraph | undefined; readonly cut: boolean } {
  const graph = useMemo(() => graphOf(document), [document]);
  const [placed, setPlaced] = useState<PlacedGraph>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    let wanted = true;
    layOut(graph).then(
      (found) => {
        if (wanted) setPlaced(found);
      },
      (error: unknown) => {
        if (wanted) setFailure(error);
      },
    );
    return () => {
      wanted = false;
    };
  }, [graph]);
  // The screen's own boundary shows it (app/(console)/error.tsx).
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error('The drawing could not be laid out.');
  return { placed, cut: graph.cut };
}
