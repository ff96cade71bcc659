'use client';
// All edges of a canvas in one drawing, over the frames and under no card: edges never cross one (elk-graph.ts).
import { useId } from 'react';
import { classes } from '../../../design/classes.ts';
import type { PlacedGraph } from './elk-graph.ts';
import { roundedPath } from './rounded-path.ts';

type PlacedEdge = PlacedGraph['edges'][number];

export function EdgeLayer({ edges, near }: { edges: readonly PlacedEdge[]; near: string | undefined }) {
  const id = useId();
  return (
    <>
      <svg aria-hidden className="pointer-events-none absolute left-0 top-0 size-px overflow-visible">
        <defs>
          <Arrow id={`${id}next`} className="fill-edge" />
          <Arrow id={`${id}near`} className="fill-accent" />
          <Arrow id={`${id}error`} className="fill-bad-bar" />
        </defs>
        {edges.map(({ edge, points }) => {
          const look = edge.kind === 'error' ? 'error' : near !== undefined && (edge.from === near || edge.to === near) ? 'near' : 'next';
          const [start] = points;
          return (
            <g key={edge.id}>
              <path d={roundedPath(points)} className={LOOKS[look]} markerEnd={`url(#${id}${look})`} />
              {look === 'error' && start !== undefined && <circle cx={start.x} cy={start.y} r={4} className="fill-bad-bar" />}
            </g>
          );
        })}
      </svg>
      {edges.map(
        ({ edge, label }) =>
          label !== undefined && (
            <div
              key={edge.id}
              style={{ transform: `translate(${label.x}px, ${label.y}px)`, width: label.width, height: label.height }}
              className={classes('pointer-events-none absolute left-0 top-0 flex items-center justify-center')}
            >
              <bdi className="max-w-full truncate rounded-sm border border-line bg-raised px-1.5 font-mono text-2xs leading-4 text-ink-soft">{edge.label}</bdi>
            </div>
          ),
      )}
    </>
  );
}

const LOOKS = {
  next: 'fill-none stroke-edge stroke-[1.25]',
  near: 'fill-none stroke-accent stroke-2',
  error: 'fill-none stroke-bad-bar stroke-[1.5] [stroke-dasharray:5_3]',
} as const;

const Arrow = ({ id, className }: { id: string; className: string }) => (
  <marker id={id} viewBox="0 0 8 8" refX={7} refY={4} markerWidth={8} markerHeight={8} markerUnits="userSpaceOnUse" orient="auto">
    <path d="M0 0.5 L8 4 L0 7.5 Z" className={className} />
  </marker>
);
