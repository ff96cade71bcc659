// The kinds of documents that a set can hold. A new kind is a word in contract.ts and a row here.
import type { ApplyKind } from './contract.ts';
import { flowKind } from './flow-kind.ts';
import type { SetKind } from './kind.ts';

export const KINDS: Readonly<Record<ApplyKind, SetKind>> = { flow: flowKind };
