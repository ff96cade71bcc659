// Where the drawing stands in its window. Pure.
import type { Box, PlacedGraph } from './elk-graph.ts';

interface Window {
  readonly width: number;
  readonly height: number;
}
export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

const MARGIN = 24;
/** Below it nothing can be read: then the beginning is shown, not all. */
const LEAST_READABLE = 0.62;

export function firstView({ nodes }: PlacedGraph, window: Window): View {
  const width = Math.max(1, ...nodes.map(({ box }) => box.x + box.width));
  const height = Math.max(1, ...nodes.map(({ box }) => box.y + box.height));
  const whole = Math.min((window.width - 2 * MARGIN) / width, (window.height - 2 * MARGIN) / height, 1);
  const zoom = Math.max(whole, LEAST_READABLE);
  const begin = nodes[0]?.box ?? { x: 0, width: 0 };
  const fitsAcross = width * zoom <= window.width - 2 * MARGIN;
  return {
    zoom,
    x: fitsAcross ? (window.width - width * zoom) / 2 : window.width / 2 - (begin.x + begin.width / 2) * zoom,
    y: height * zoom <= window.height - 2 * MARGIN ? (window.height - height * zoom) / 2 : MARGIN,
  };
}

/** Enough of a box is in the window to find it; of a large one its head. */
export function shows({ x, y, zoom }: View, window: Window, box: Box): boolean {
  const left = box.x * zoom + x;
  const top = box.y * zoom + y;
  const head = Math.min(box.height, 80) * zoom;
  return left >= 0 && top >= 0 && left + Math.min(box.width, 120) * zoom <= window.width && top + head <= window.height;
}
