'use client';
// A flow as a picture: read only, live with its document. React Flow and the layouter are loaded when one is first shown.
import dynamic from 'next/dynamic';
import { CanvasWaits } from './canvas-waits.tsx';
import type { FlowCanvasProps } from './canvas-props.ts';

export const FlowCanvas = dynamic<FlowCanvasProps>(() => import('./canvas-view.tsx').then(({ CanvasView }) => CanvasView), {
  ssr: false,
  loading: () => <CanvasWaits />,
});
