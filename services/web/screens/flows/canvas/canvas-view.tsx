'use client';
// The canvas itself: React Flow moves and zooms, ELK gives the places, cards say what the steps are.
// I1 One stop for Tab: the canvas has the focus; arrows go from step to step, and what is selected is read aloud.
// I2 A document that changes keeps the view where it is; only the first one is fitted.
import '@xyflow/react/dist/base.css';
import { Background, MiniMap, ReactFlow, ReactFlowProvider, ViewportPortal, useReactFlow, type Node, type NodeProps } from '@xyflow/react';
import { useEffect, useMemo, useRef } from 'react';
import { classes } from '../../../design/classes.ts';
import { useText, type Text } from '../../../language/language.tsx';
import { CanvasButtons } from './canvas-buttons.tsx';
import { stepAfterKey } from './canvas-moves.ts';
import { EdgeLayer } from './edge-layer.tsx';
import type { PlacedGraph } from './elk-graph.ts';
import type { FlowCanvasProps } from './canvas-props.ts';
import { CanvasWaits } from './canvas-waits.tsx';
import type { GraphNode, MarkNode } from './flow-graph.ts';
import { LaneCard, StepCard } from './step-card.tsx';
import type { StepChange, StepMark } from './step-mark.ts';
import { usePlaced } from './use-placed.ts';
import { firstView, shows } from './view-of.ts';

type Card = Node<{ readonly node: GraphNode; readonly mark: StepMark | undefined; readonly change: StepChange | undefined; readonly chosen: boolean }>;

const MOVE_MS = 180;
const LEAST_ZOOM = 0.08;
const MOST_ZOOM = 1.6;

export function CanvasView(props: FlowCanvasProps) {
  const { placed, cut } = usePlaced(props.document);
  if (placed === undefined) return <CanvasWaits />;
  return (
    <ReactFlowProvider>
      <Placed {...props} placed={placed} cut={cut} />
    </ReactFlowProvider>
  );
}

type PlacedProps = Omit<FlowCanvasProps, 'document'> & { readonly placed: PlacedGraph; readonly cut: boolean };

function Placed(props: PlacedProps) {
  const { placed, cut, label, marks, changes, selected } = props;
  const text = useText();
  const box = useRef<HTMLDivElement>(null);
  const zoom = useZoom();
  useFirstView(box, placed);
  useFollow(box, placed, selected);
  useCanvasKeys(box, props, zoom);
  return (
    <div
      ref={box}
      role="application"
      tabIndex={0}
      aria-label={text('flows.canvas.label', { flow: label })}
      data-keys="own"
      className="relative min-h-0 min-w-0 flex-1 overflow-hidden bg-ground focus-visible:outline-offset-[-2px]"
    >
      <Drawing {...props} />
      <CanvasButtons onFit={zoom.fit} onCloser={zoom.closer} onFarther={zoom.farther} />
      {cut && (
        <p className="absolute inset-x-0 top-2 mx-auto w-fit rounded-md bg-warn-wash px-2 py-1 text-xs text-warn">
          {text('flows.canvas.cut', { count: placed.nodes.length })}
        </p>
      )}
      <p aria-live="polite" className="sr-only">
        {spoken(text, placed, selected, marks?.get(selected ?? ''), changes?.get(selected ?? ''))}
      </p>
    </div>
  );
}

function Drawing({ placed, marks, changes, selected, onSelect }: PlacedProps) {
  const text = useText();
  const cards = useMemo<Card[]>(
    () =>
      placed.nodes.map(({ node, box: { x, y, width, height } }) => ({
        id: node.id,
        type: node.type,
        position: { x, y },
        width,
        height,
        data: { node, mark: marks?.get(node.id), change: changes?.get(node.id), chosen: node.id === selected },
      })),
    [placed, marks, changes, selected],
  );
  return (
    <ReactFlow<Card>
      nodes={cards}
      edges={NO_EDGES}
      nodeTypes={NODE_TYPES}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      elementsSelectable={false}
      disableKeyboardA11y
      onlyRenderVisibleElements={placed.nodes.length > MANY}
      minZoom={LEAST_ZOOM}
      maxZoom={MOST_ZOOM}
      panOnScroll
      zoomOnDoubleClick={false}
      proOptions={NO_LINKS}
      {...NO_KEYS}
      onNodeClick={(_event, { data: { node } }) => onSelect?.(node.type === 'step' || node.type === 'frame' ? node.id : undefined)}
      onPaneClick={() => onSelect?.(undefined)}
    >
      <Background gap={22} size={1.4} color="var(--line)" />
      <ViewportPortal>
        <EdgeLayer edges={placed.edges} near={selected} />
      </ViewportPortal>
      {placed.nodes.length > SOME && (
        <MiniMap
          pannable
          zoomable
          ariaLabel={text('flows.canvas.map')}
          nodeBorderRadius={6}
          nodeStrokeWidth={2}
          nodeClassName={mapClass}
          bgColor="var(--panel)"
          maskColor="color-mix(in oklch, var(--ground) 65%, transparent)"
          className="overflow-hidden rounded-md border border-line max-narrow:hidden!"
          style={{ width: 132, height: 96 }}
        />
      )}
    </ReactFlow>
  );
}

/** Nothing on a screen leads out of the house. */
const NO_LINKS = { hideAttribution: true } as const;

/** The canvas has keys of its own (I1). */
const NO_KEYS = {
  deleteKeyCode: null,
  selectionKeyCode: null,
  multiSelectionKeyCode: null,
  panActivationKeyCode: null,
  zoomActivationKeyCode: 'Control',
} as const;

interface Zoom {
  fit(): void;
  closer(): void;
  farther(): void;
}
function useZoom(): Zoom {
  const { fitView, zoomIn, zoomOut } = useReactFlow();
  return useMemo(
    () => ({
      fit: () => void fitView({ duration: moveMs(), maxZoom: 1, padding: 0.06 }),
      closer: () => void zoomIn({ duration: moveMs() }),
      farther: () => void zoomOut({ duration: moveMs() }),
    }),
    [fitView, zoomIn, zoomOut],
  );
}

/** I1 */
function useCanvasKeys(box: { readonly current: HTMLDivElement | null }, { placed, selected, onSelect }: PlacedProps, zoom: Zoom): void {
  useEffect(() => {
    const element = box.current;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target !== element) return;
      const next = stepAfterKey(
        placed.nodes.map(({ node }) => node),
        selected,
        event.key,
      );
      if (next !== undefined) onSelect?.(next);
      else if (event.key === 'Escape' && selected !== undefined) onSelect?.(undefined);
      else if (event.key === '0' || event.key === 'f') zoom.fit();
      else if (event.key === '+' || event.key === '=') zoom.closer();
      else if (event.key === '-') zoom.farther();
      else if (!event.key.startsWith('Arrow')) return;
      event.preventDefault();
      event.stopPropagation();
    };
    element?.addEventListener('keydown', press);
    return () => element?.removeEventListener('keydown', press);
  }, [box, placed, selected, onSelect, zoom]);
}

const NO_EDGES: never[] = [];
const MANY = 120;
const SOME = 7;

const mapClass = ({ data: { node, mark, chosen } }: Card): string => {
  if (chosen) return 'fill-accent!';
  if (mark?.status === 'failed') return 'fill-bad-bar!';
  if (node.type === 'step') return mark?.status === 'completed' ? 'fill-good-bar!' : 'fill-idle-bar!';
  return 'fill-transparent! stroke-line-strong!';
};

/** React Flow hands its own props; the card reads `data`. */
const NODE_TYPES = { step: StepOfCanvas, frame: StepOfCanvas, lane: LaneOfCanvas, mark: MarkOfCanvas };

function StepOfCanvas({ data: { node, mark, change, chosen } }: NodeProps<Card>) {
  return node.type === 'step' || node.type === 'frame' ? <StepCard node={node} mark={mark} change={change} selected={chosen} /> : null;
}
function LaneOfCanvas({ data: { node } }: NodeProps<Card>) {
  return node.type === 'lane' ? <LaneCard node={node} /> : null;
}
function MarkOfCanvas({ data: { node } }: NodeProps<Card>) {
  return node.type === 'mark' ? <MarkCard node={node} /> : null;
}

function MarkCard({ node: { kind, frame } }: { node: MarkNode }) {
  const text = useText();
  if (kind === 'split' || kind === 'join') return <span className="block size-full rounded-full bg-edge" />;
  if (kind === 'exit' || frame !== undefined)
    return <span className="flex size-full items-center justify-center rounded-full border border-edge bg-panel font-mono text-2xs text-ink-soft">{kind}</span>;
  return (
    <span
      title={text(kind === 'begin' ? 'flows.canvas.begin' : 'flows.canvas.end')}
      className={classes('flex size-full items-center justify-center rounded-full border-2 border-edge bg-panel')}
    >
      {kind === 'end' && <span className="size-2.5 rounded-full bg-edge" />}
    </span>
  );
}

function spoken(text: Text, placed: PlacedGraph, selected: string | undefined, mark: StepMark | undefined, change: StepChange | undefined): string {
  const node = placed.nodes.find((one) => one.node.id === selected)?.node;
  if (node === undefined || node.type === 'mark' || node.type === 'lane') return '';
  const status = mark === undefined ? undefined : mark.status === 'skipped' ? text('flows.canvas.skipped') : text(`design.status.${mark.status}`);
  return [node.name, node.about, status, mark?.note, change === undefined ? undefined : text(`flows.change.${change}`)]
    .filter((word) => word !== undefined)
    .join(', ');
}

const moveMs = (): number => (window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : MOVE_MS);

/** I2 */
function useFirstView(box: { readonly current: HTMLDivElement | null }, placed: PlacedGraph): void {
  const { setViewport } = useReactFlow();
  const done = useRef(false);
  useEffect(() => {
    const element = box.current;
    if (done.current || element === null || element.clientWidth === 0) return;
    done.current = true;
    void setViewport(firstView(placed, { width: element.clientWidth, height: element.clientHeight }));
  }, [box, placed, setViewport]);
}

/** What is selected elsewhere, or by a key, comes into sight. */
function useFollow(box: { readonly current: HTMLDivElement | null }, placed: PlacedGraph, selected: string | undefined): void {
  const { getViewport, setCenter } = useReactFlow();
  const latest = useRef(placed);
  useEffect(() => {
    latest.current = placed;
  });
  useEffect(() => {
    const element = box.current;
    const found = latest.current.nodes.find(({ node }) => node.id === selected)?.box;
    if (element === null || found === undefined) return;
    const view = getViewport();
    if (shows(view, { width: element.clientWidth, height: element.clientHeight }, found)) return;
    void setCenter(found.x + found.width / 2, found.y + Math.min(found.height / 2, 120), { zoom: Math.max(view.zoom, 0.6), duration: moveMs() });
  }, [box, selected, getViewport, setCenter]);
}
