// The shapes of /v1/applies: a set of documents published as one, what it changed, and who did it when.
import { z } from 'zod';
import { environmentName } from '@palace/gateway/contract.ts';
import { namePattern } from '../contract.ts';

/** What an apply can hold. A new kind is a word here and a row in kinds.ts. */
export const APPLY_KINDS = ['flow'] as const;
export type ApplyKind = (typeof APPLY_KINDS)[number];

export const MOST_ITEMS = 500;
export const MOST_APPLY_BYTES = 8_000_000;

export const setName = z.string().regex(namePattern, 'A set has a name of lower-case letters, digits and "-", at most 63.');
const applyItem = z.strictObject({
  kind: z.enum(APPLY_KINDS).default('flow'),
  /** The document's text, YAML or JSON, as written. */
  source: z.string().min(1).max(1_000_000),
  /** The file, for messages and answers. */
  sourceName: z.string().max(300).optional(),
});
const terms = {
  items: z.array(applyItem).min(1).max(MOST_ITEMS),
  /** What the documents belong to: only members of a set are pruned, and a document is a member of one set. */
  set: setName.optional(),
  /** Remove the members of the set that are not among the documents. */
  prune: z.boolean().default(false),
  /** Remove them also while they have open runs: nothing new starts, and what is open goes on to its end. */
  drain: z.boolean().default(false),
  /** Take documents over that are members of another set. */
  adopt: z.boolean().default(false),
  /** In which environment schedules and events start runs of these documents; without it that stays as it is. */
  environment: environmentName.optional(),
};
export const planBody = z.strictObject(terms);
export const applyBody = z.strictObject({
  ...terms,
  /** Where the files are from. */
  commit: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'A commit is named by 1 to 200 visible ASCII characters.')
    .optional(),
});

export const fieldChange = z.object({
  /** JSON pointer; a step stands in it by its name. */
  path: z.string(),
  /** As JSON, cut when it is long. Absent: it was not there. */
  before: z.string().optional(),
  after: z.string().optional(),
});
export const applyChange = z.object({
  kind: z.enum(APPLY_KINDS),
  name: z.string(),
  version: z.string(),
  /** `left`: a member of the set that is not among the documents, and stays. `refused`, of a plan: the version is published with other content. */
  action: z.enum(['create', 'change', 'same', 'prune', 'left', 'refused']),
  /** The version in force before, when it was another one. */
  before: z.string().optional(),
  changes: z.array(fieldChange).optional(),
  /** Changed fields beside those that are listed. */
  more: z.number().optional(),
  /** Of what is pruned: runs that go on to their end. */
  openRuns: z.number().optional(),
  /** In which its schedule and events start runs, when it is another one than before. */
  environment: z.string().optional(),
  sourceName: z.string().optional(),
  /** Of what is refused: a version that is free. */
  suggestion: z.string().optional(),
  /** Of a plan: addresses of what is fetched when it is applied. */
  fetchedAtPublishing: z.array(z.string()).optional(),
});
export const applyResult = z.object({
  /** The number of its record; absent when nothing was written. */
  number: z.number().optional(),
  set: z.string().optional(),
  changed: z.boolean(),
  /** SHA-256 of what the set (without one: the apply) holds afterwards, hex. */
  hash: z.string(),
  items: z.array(applyChange),
});
export type ApplyChange = z.infer<typeof applyChange>;
export type ApplyResult = z.infer<typeof applyResult>;

export const applyRecord = z.object({
  number: z.number(),
  set: z.string().optional(),
  /** `rollback`: back to what an earlier apply had made. */
  how: z.enum(['apply', 'rollback']),
  at: z.string(),
  /** The id of the key. */
  by: z.string(),
  commit: z.string().optional(),
  environment: z.string().optional(),
  hash: z.string(),
  created: z.number(),
  changed: z.number(),
  pruned: z.number(),
  same: z.number(),
  /** What the set held afterwards. Of one record; lists leave it out. */
  items: z.array(z.object({ kind: z.enum(APPLY_KINDS), name: z.string(), version: z.string(), hash: z.string(), action: z.string() })).optional(),
});
export type ApplyRecord = z.infer<typeof applyRecord>;
export const listApplies = z.strictObject({
  set: setName.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export const applyList = z.object({ items: z.array(applyRecord), next: z.string().optional() });

export const rollbackBody = z.strictObject({
  /** The number of the apply whose state comes back. */
  to: z.number().int().min(1),
  /** Remove members that came after it. */
  prune: z.boolean().default(false),
  drain: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});
