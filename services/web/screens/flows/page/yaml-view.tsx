'use client';
// A flow's text to be read: coloured and folded as in the editor, which is loaded when one is first shown.
import dynamic from 'next/dynamic';
import type { YamlViewProps } from '../../editor/yaml-reader.tsx';
import { SkeletonRows } from '../../../design/skeleton.tsx';

export const YamlView = dynamic<YamlViewProps>(() => import('../../editor/yaml-reader.tsx').then(({ YamlReader }) => YamlReader), {
  ssr: false,
  loading: () => <SkeletonRows count={10} />,
});
