// Between the graph and ELK: sizes and settings on the way in, places and ways of edges on the way out. Pure.
// I1 A node's size follows from what it says: nothing is measured in the page, so the layout can be made anywhere.
// I2 Edges stay inside of one frame (graph-of.ts), so each frame is laid out alone, from the inside out.
import type { ElkExtendedEdge, ElkNode, ElkPort, LayoutOptions } from 'elkjs/lib/elk-api.js';
import type { FlowGraph, GraphEdge, GraphNode } from './flow-graph.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}
export interface PlacedGraph {
  /** All places are those of the whole drawing; frames stand before what is in them. */
  readonly nodes: readonly { readonly node: GraphNode; readonly box: Box }[];
  readonly edges: readonly { readonly edge: GraphEdge; readonly points: readonly Point[]; readonly label?: Box }[];
}

export const STEP_WIDTH = 248;
export const HEAD_HEIGHT = 38;
export const LANE_HEAD_HEIGHT = 26;
export const ROW_HEIGHT = 20;
const ROWS_PADDING = 9;
const BORDERS = 2;
const FRAME_PADDING = 14;
const MARK_SIZES = {
  begin: { width: 20, height: 20 },
  end: { width: 20, height: 20 },
  exit: { width: 44, height: 20 },
  split: { width: 8, height: 8 },
  join: { width: 8, height: 8 },
};
const END_PILL = { width: 44, height: 20 };
/** Of a label in the fixed width font, with its padding. */
const LABEL = { height: 18, character: 7, padding: 18, most: 160 };

const SPACING: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  // What leads back to a step before is what leads back on the picture.
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.crossingMinimization.forceNodeModelOrder': 'true',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
  'elk.separateConnectedComponents': 'false',
};

const rowsHeight = (count: number): number => (count === 0 ? 0 : count * ROW_HEIGHT + ROWS_PADDING);

export function headHeight(node: GraphNode): number {
  if (node.type === 'mark') return 0;
  return (node.type === 'lane' ? LANE_HEAD_HEIGHT : HEAD_HEIGHT) + rowsHeight(node.rows.length) + BORDERS;
}

function sizeOf(node: GraphNode): { width: number; height: number } {
  if (node.type === 'mark') return node.kind === 'end' && node.frame !== undefined ? END_PILL : MARK_SIZES[node.kind];
  return { width: STEP_WIDTH, height: headHeight(node) };
}

export function elkGraphOf(graph: FlowGraph): ElkNode {
  const insideOf = Map.groupBy(graph.nodes, ({ frame }) => frame);
  const edgesOf = Map.groupBy(
    graph.edges.filter(({ kind }) => kind === 'next'),
    ({ frame }) => frame,
  );
  const build = (node: GraphNode): ElkNode => {
    const size = sizeOf(node);
    const children = (insideOf.get(node.id) ?? []).map(build);
    const ports = portsOf(node.id);
    if (children.length === 0) return { id: node.id, ...size, ports, layoutOptions: DOORS };
    return { id: node.id, children, ports, edges: (edgesOf.get(node.id) ?? []).map(elkEdge), layoutOptions: { ...DOORS, ...frameOptions(size) } };
  };
  return {
    id: 'flow',
    layoutOptions: { ...SPACING, 'elk.padding': '[top=8,left=8,bottom=8,right=8]', 'elk.json.edgeCoords': 'ROOT' },
    children: (insideOf.get(undefined) ?? []).map(build),
    edges: (edgesOf.get(undefined) ?? []).map(elkEdge),
  };
}

/** In at the middle of the top, out at the middle of the bottom, whatever comes and goes. */
const DOORS: LayoutOptions = { 'elk.portConstraints': 'FIXED_SIDE', 'elk.portAlignment.default': 'CENTER', 'elk.alignment': 'TOP' };
const doorIn = (id: string): string => `${id} in`;
const doorOut = (id: string): string => `${id} out`;
const portsOf = (id: string): ElkPort[] => [
  { id: doorIn(id), width: 0, height: 0, layoutOptions: { 'elk.port.side': 'NORTH' } },
  { id: doorOut(id), width: 0, height: 0, layoutOptions: { 'elk.port.side': 'SOUTH' } },
];

const frameOptions = ({ width, height }: { width: number; height: number }): LayoutOptions => ({
  ...SPACING,
  'elk.padding': `[top=${height + FRAME_PADDING},left=${FRAME_PADDING},bottom=${FRAME_PADDING},right=${FRAME_PADDING}]`,
  'elk.nodeSize.constraints': 'MINIMUM_SIZE',
  'elk.nodeSize.minimum': `(${width}, ${height})`,
});

const elkEdge = ({ id, from, to, label }: GraphEdge): ElkExtendedEdge => ({
  id,
  sources: [doorOut(from)],
  targets: [doorIn(to)],
  ...(label !== undefined && { labels: [{ text: label, width: Math.min(LABEL.most, LABEL.padding + label.length * LABEL.character), height: LABEL.height }] }),
});

/** ELK gives back the graph with places in it. */
export function placedGraphOf(graph: FlowGraph, laid: ElkNode): PlacedGraph {
  const boxes = new Map<string, Box>();
  const ways = new Map<string, ElkExtendedEdge>();
  const walk = (at: ElkNode, origin: Point): void => {
    for (const edge of at.edges ?? []) ways.set(edge.id, edge);
    for (const child of at.children ?? []) {
      const { x = 0, y = 0, width = 0, height = 0 } = child;
      const box = { x: origin.x + x, y: origin.y + y, width, height };
      boxes.set(child.id, box);
      walk(child, box);
    }
  };
  walk(laid, { x: 0, y: 0 });
  return {
    nodes: graph.nodes.flatMap((node) => {
      const box = boxes.get(node.id);
      return box === undefined ? [] : [{ node, box }];
    }),
    edges: graph.edges.flatMap((edge) => (edge.kind === 'error' ? errorWay(edge, boxes) : laidWay(edge, ways.get(edge.id)))),
  };
}

function laidWay(edge: GraphEdge, way: ElkExtendedEdge | undefined): PlacedGraph['edges'] {
  const section = way?.sections?.[0];
  if (section === undefined) return [];
  const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
  const { x, y, width, height } = way?.labels?.[0] ?? {};
  if (x === undefined || y === undefined || width === undefined || height === undefined) return [{ edge, points }];
  return [{ edge, points, label: { x, y, width, height } }];
}

/** From the side of what is tried to the side of what handles its error: they stand in one row. */
function errorWay(edge: GraphEdge, boxes: ReadonlyMap<string, Box>): PlacedGraph['edges'] {
  const from = boxes.get(edge.from);
  const to = boxes.get(edge.to);
  if (from === undefined || to === undefined) return [];
  const first = { x: from.x + from.width, y: from.y + LANE_HEAD_HEIGHT / 2 };
  const last = { x: to.x, y: to.y + LANE_HEAD_HEIGHT / 2 };
  const middle = (first.x + last.x) / 2;
  const isStraight = Math.abs(first.y - last.y) < 1;
  const bends = isStraight
    ? []
    : [
        { x: middle, y: first.y },
        { x: middle, y: last.y },
      ];
  return [{ edge, points: [first, ...bends, last] }];
}
