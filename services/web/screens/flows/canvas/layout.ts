'use client';
// Places for a graph, made by ELK in a worker of the same origin: the page stays free while a large flow is laid out.
// I1 One worker a page, made when the first graph comes; one that did not come up is tried again with the next graph.
import ELK, { type ELK as Layouter } from 'elkjs/lib/elk-api.js';
import { elkGraphOf, placedGraphOf, type PlacedGraph } from './elk-graph.ts';
import type { FlowGraph } from './flow-graph.ts';
import { READY } from './layout-ready.ts';

let layouter: Promise<Layouter> | undefined;

export async function layOut(graph: FlowGraph): Promise<PlacedGraph> {
  layouter ??= startLayouter();
  try {
    return placedGraphOf(graph, await (await layouter).layout(elkGraphOf(graph)));
  } catch (error) {
    layouter = undefined;
    throw error;
  }
}

function startLayouter(): Promise<Layouter> {
  const worker = new Worker(new URL('./layout-worker.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    worker.onerror = () => reject(new Error('The layouter did not come up.'));
    worker.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data === READY) resolve(new ELK({ workerFactory: () => worker }));
    };
  });
}
