// An orthogonal way to an SVG path whose corners are round. Pure.
import type { Point } from './elk-graph.ts';

export function roundedPath(points: readonly Point[], radius = 8): string {
  const [first] = points;
  if (first === undefined) return '';
  const parts = [`M ${first.x} ${first.y}`];
  points.forEach((corner, i) => {
    const before = points[i - 1];
    const after = points[i + 1];
    if (before === undefined) return;
    if (after === undefined) {
      parts.push(`L ${corner.x} ${corner.y}`);
      return;
    }
    const reach = Math.min(radius, distance(before, corner) / 2, distance(corner, after) / 2);
    const into = towards(corner, before, reach);
    const out = towards(corner, after, reach);
    parts.push(`L ${into.x} ${into.y}`, `Q ${corner.x} ${corner.y} ${out.x} ${out.y}`);
  });
  return parts.join(' ');
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function towards(from: Point, to: Point, reach: number): Point {
  const length = distance(from, to);
  if (length === 0) return from;
  return { x: from.x + ((to.x - from.x) * reach) / length, y: from.y + ((to.y - from.y) * reach) / length };
}
