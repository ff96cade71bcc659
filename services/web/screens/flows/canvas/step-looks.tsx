// The picture of each kind of step.
import Bell from 'lucide-react/icons/bell';
import CircleHelp from 'lucide-react/icons/circle-question-mark';
import Clock from 'lucide-react/icons/clock';
import Ear from 'lucide-react/icons/ear';
import GitFork from 'lucide-react/icons/git-fork';
import Globe from 'lucide-react/icons/globe';
import ListTree from 'lucide-react/icons/list-tree';
import PenLine from 'lucide-react/icons/pen-line';
import Play from 'lucide-react/icons/play';
import Repeat from 'lucide-react/icons/repeat';
import Shield from 'lucide-react/icons/shield';
import Split from 'lucide-react/icons/split';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { LucideIcon } from 'lucide-react';
import type { StepKind } from './flow-graph.ts';

export const STEP_ICONS: Readonly<Record<StepKind, LucideIcon>> = {
  call: Globe,
  do: ListTree,
  emit: Bell,
  for: Repeat,
  fork: GitFork,
  listen: Ear,
  raise: TriangleAlert,
  run: Play,
  set: PenLine,
  switch: Split,
  try: Shield,
  wait: Clock,
  unknown: CircleHelp,
};
