// What somebody is asked before a verb goes out.
import type { StepNode } from './step-node.ts';

/** What a dialog asks about. */
export type Asking =
  | { readonly kind: 'signal'; readonly name: string | undefined }
  | { readonly kind: 'cancel' }
  /** `node`: the step to go back to; undefined of a retry: what was open when it failed. */
  | { readonly kind: 'retry'; readonly node: StepNode | undefined }
  | { readonly kind: 'fork'; readonly node: StepNode }
  | { readonly kind: 'resolve'; readonly effectKey: string; readonly step: string; readonly doubt: string | undefined };
