// What one flow document may be at most. Checked before the tree is built, so that a hostile document costs little.

/** UTF-16 units of the document's text. */
export const MAX_TEXT_LENGTH = 1_000_000;
/** Nested maps and lists. */
export const MAX_DEPTH = 64;
/** Maps, lists and scalars together, keys included. The library reads one in about 5 us: a full document blocks for half a second. */
export const MAX_NODES = 120_000;
export const MAX_STEPS = 10_000;
export const MAX_EXPRESSIONS = 20_000;
export const MAX_NAME_LENGTH = 200;
/** Messages reported of one document; the rest is of no use to anybody. */
export const MAX_MESSAGES = 100;
/** Attempts of a retry that names no limit. */
export const DEFAULT_ATTEMPTS = 10;
export const MAX_ATTEMPTS = 10_000;
/** Delay of a retry that names none: hammering a remote is never what was meant. */
export const DEFAULT_RETRY_DELAY_MS = 1_000;
/** Hard deadline of one external call. */
export const DEFAULT_DEADLINE_MS = 30_000;
/** Longest duration: a hundred years. */
export const MAX_DURATION_MS = 36_525 * 86_400_000;
/** How long ended runs of a flow may be kept: a minute at least, ten years at most. */
export const SHORTEST_RETENTION_MS = 60_000;
export const LONGEST_RETENTION_MS = 3_650 * 86_400_000;
export const MAX_CONCURRENCY = 100_000;
/** Names under use.secrets. */
export const MAX_SECRETS = 100;
/** Variables of its environment that one flow names. */
export const MAX_VARIABLES = 100;
/** Event filters of one listen, where each is a subscription, or of a schedule; each is tried on every event. */
export const MAX_FILTERS = 100;
/** Functions that call functions. */
export const MAX_FUNCTION_DEPTH = 16;
/** Characters of all functions together, each counted once for every call of it. */
export const MAX_EXPANDED_LENGTH = 2_000_000;
/** Functions, scripts and schemas of elsewhere that one flow may use, and the characters of each. */
export const MAX_FOREIGN_TEXTS = 50;
export const MAX_FOREIGN_LENGTH = 200_000;
/** Of schedules: "every" and "after". */
export const SHORTEST_INTERVAL_MS = 1_000;
