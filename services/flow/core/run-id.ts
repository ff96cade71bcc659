// Run ids: `run_` and 26 letters of Crockford's base32, lower case: 10 of the time, 2 of the shard, 14 of chance or hash.
// I1 The shard number is part of the id for ever (ENGINE E2): every process knows a run's shard without asking.
// I2 A child lives in its parent's shard (ENGINE E13), and the same request of the same parent always names the same child.
// I3 Ids sort by the time of birth, so that a range of ids is a period; a child has the time of its parent, so that the runs of one chain
//    stand side by side.
import { createHash } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const SHARDS = 64;
const TIME_LETTERS = 10;
const CHANCE_LETTERS = 14;
/** 14 letters of 5 bits are 70 bits. */
const CHANCE_BYTES = 9;
const SHARD_AT = 4 + TIME_LETTERS;
/** `run_`, time and shard: what a parent and all its children have in common. */
const BIRTH_LETTERS = SHARD_AT + 2;
const PATTERN = /^run_[0-9a-hjkmnp-tv-z]{26}$/;

/** `entropy`: at least 9 bytes, of which the first 70 bits count. `timeMs`: milliseconds since the epoch, or 0 for ids that depend on a key alone. */
export function makeRunId(shard: number, timeMs: number, entropy: Uint8Array): string {
  if (!Number.isInteger(shard) || shard < 0 || shard >= SHARDS) throw new RangeError(`There is no shard ${shard}.`);
  if (entropy.length < CHANCE_BYTES) throw new RangeError(`A run id needs ${CHANCE_BYTES} bytes of entropy, not ${entropy.length}.`);
  return `${runsFrom(timeMs)}${letters(shard, 2)}${lettersOf(entropy)}`;
}

/** The shard of a run, 0 to 63. Throws on text that is no run id. */
export function runIdShard(id: string): number {
  const shard = shardIn(id);
  if (shard >= SHARDS) throw new RangeError(`"${id.slice(0, 60)}" is no run id.`);
  return shard;
}

export const isRunId = (text: string): boolean => shardIn(text) < SHARDS;

const shardIn = (id: string): number => (PATTERN.test(id) ? ALPHABET.indexOf(id.charAt(SHARD_AT)) * 32 + ALPHABET.indexOf(id.charAt(SHARD_AT + 1)) : SHARDS);

/** The lower bound of the ids of runs born at `timeMs` or later (I3). */
export const runsFrom = (timeMs: number): string => `run_${letters(Math.max(0, Math.floor(timeMs)), TIME_LETTERS)}`;

/** When a run of this id was born: the time of its request, or of its cause. Also of a bound that `runsFrom` made. */
export function bornMs(id: string): number {
  let value = 0;
  for (const letter of id.slice(4, SHARD_AT)) value = value * 32 + ALPHABET.indexOf(letter);
  return value;
}

/** What the ids of a chain (a run, its children, theirs) begin with. Other runs may share it. */
export const birthOf = (id: string): string => id.slice(0, BIRTH_LETTERS);

/** The id of a child: same shard and same time letters as its parent, the rest from the position that asks for it. */
export function deriveRunId(parent: string, pointer: string, path: string): string {
  runIdShard(parent);
  const hash = createHash('sha256').update(parent).update('\0').update(pointer).update('\0').update(path).digest();
  return birthOf(parent) + lettersOf(hash);
}

function letters(value: number, count: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < count; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function lettersOf(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (let i = 0; text.length < CHANCE_LETTERS; i++) {
    held = ((held << 8) | (bytes[i] as number)) & 0xfff;
    bits += 8;
    while (bits >= 5 && text.length < CHANCE_LETTERS) {
      bits -= 5;
      text += ALPHABET.charAt((held >> bits) & 31);
    }
  }
  return text;
}
