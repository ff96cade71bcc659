'use client';
// The tree of a run as this page has it: pages of the history first, then the stream. One tree, changed in place; `version` tells of changes.
// I1 Events are folded in order, wherever they came from. I2 The page is drawn anew at most every DRAW_MS, however many events come.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { isAbort } from '../../api/client.ts';
import { useLive } from '../../api/live.ts';
import { EVENTS_A_PAGE, outlineStream } from '../../addresses/first-reads.ts';
import { outlinePage, type RunEvent } from '../../api/run-events.ts';
import { hasEnded, runQuery, type RunDetail } from '../../api/runs.ts';
import { emptyTree, foldEvents } from './run-tree.ts';
import type { RunTree } from './tree-shape.ts';

const DRAW_MS = 80;
/** While pages are read: drawing ten thousand steps again for each page would cost more than reading it. */
const DRAW_READING_MS = 400;
/** The detail (what it waits for, why) is asked for again after news. */
const DETAIL_MS = 400;
/** Time for the first lines to be drawn, also in a page that nobody sees, where no frame is. */
const SHOWN_MS = 120;
/** Pages that are under way at once. */
const AHEAD = 5;

export interface RunHistory {
  readonly tree: RunTree;
  readonly version: number;
  /** All that had happened when the page was opened is there. */
  readonly loaded: boolean;
  readonly problem: unknown;
}

export function useRunHistory(id: string, detail: RunDetail | undefined): RunHistory {
  // A tree of its own for each run.
  const tree = useMemo(() => ({ of: id, tree: emptyTree() }), [id]).tree;
  const { version, draw } = useDrawing();
  const [loadedId, setLoadedId] = useState<string>();
  const [failed, setFailed] = useState<{ readonly id: string; readonly problem: unknown }>();
  const askAgain = useDetailAfterNews(id);
  useEffect(() => {
    const stop = new AbortController();
    void load(id, tree, draw, stop.signal).then(
      () => {
        setLoadedId(id);
        draw();
      },
      (problem: unknown) => {
        if (!isAbort(problem) && !stop.signal.aborted) setFailed({ id, problem });
      },
    );
    return () => stop.abort();
  }, [id, tree, draw]);
  const loaded = loadedId === id;
  const goesOn = tree.root.end === undefined || (detail !== undefined && (!hasEnded(detail.status) || detail.lastSeq > tree.seq));
  useLive({
    path: loaded && goesOn ? outlineStream(id) : undefined,
    after: String(tree.seq),
    onEvents: (events) => {
      if (
        !foldEvents(
          tree,
          events.map(({ data }) => JSON.parse(data) as RunEvent),
        )
      )
        return;
      draw();
      askAgain();
    },
    isOver: () => tree.root.end !== undefined,
  });
  return { tree, version, loaded, problem: failed?.id === id ? failed.problem : undefined };
}

async function load(id: string, tree: RunTree, draw: (afterMs?: number) => void, signal: AbortSignal): Promise<void> {
  let page = await outlinePage(id, tree.seq, signal);
  foldEvents(tree, page);
  draw(0);
  if (page.length === EVENTS_A_PAGE) await shown();
  const first = tree.seq;
  const underWay: Promise<readonly RunEvent[]>[] = [];
  for (let asked = 0, taken = 0; page.length === EVENTS_A_PAGE; taken++) {
    for (; asked < taken + AHEAD; asked++) {
      const next = outlinePage(id, first + asked * EVENTS_A_PAGE, signal);
      // Told where it is awaited; a page behind the end that fails is nobody's matter.
      next.catch(() => undefined);
      underWay[asked] = next;
    }
    page = (await underWay[taken]) ?? [];
    foldEvents(tree, page);
    draw(DRAW_READING_MS);
  }
}

/** The first steps are in sight before the rest is asked for: what comes takes the processor from drawing them. */
const shown = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SHOWN_MS));

/** Counts up soon after `draw`, once for all that came meanwhile. */
function useDrawing(): { version: number; draw: (afterMs?: number) => void } {
  const [version, setVersion] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const draw = useCallback((afterMs = DRAW_MS) => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setVersion((before) => before + 1);
    }, afterMs);
  }, []);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return { version, draw };
}

function useDetailAfterNews(id: string): () => void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [id],
  );
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey: runQuery(id).queryKey, exact: true });
    }, DETAIL_MS);
  }, [id, queries]);
}
