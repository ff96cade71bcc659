'use client';
// A flow's text to be read: coloured and folded as in the editor, which is loaded when one is first shown.
import dynamic from 'next/dynamic';
import { SkeletonRows } from '../../../design/skeleton.tsx';

export interface YamlViewProps {
  readonly text: string;
  readonly label: string;
}

export const YamlView = dynamic<YamlViewProps>(() => import('../../editor/yaml-reader.tsx').then(({ YamlReader }) => YamlReader), {
  ssr: false,
  loading: () => <SkeletonRows count={10} />,
});
