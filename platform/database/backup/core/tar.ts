// Entries of a tar file (ustar), as a backup uses them: regular files alone, under names of ours. Anybody's tar can look into one.
// I1 What is no such entry is refused: no links, no folders, no extensions, no name that is not of the list.
// Called by archive-writer.ts and archive-reader.ts.

export const BLOCK = 512;
/** Two empty blocks end a tar file. */
export const END_BLOCKS = Buffer.alloc(2 * BLOCK);
/** Largest payload of one entry. It is read whole, so it bounds the memory. */
export const LARGEST_ENTRY = 256 * 1024 * 1024;

export interface EntryHead {
  readonly name: string;
  readonly size: number;
}

/** What a backup is made of, in this order: head, tables or dump, blobs, key; a sums entry after every few; end. */
const NAMES = /^(?:head\.json|tables\/[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\/\d{6}\.gz|dump\/\d{6}|blobs\/\d{9}\.gz|keys\.json|sums\/\d{6}\.json|end\.json)$/;

export const isEntryName = (name: string): boolean => name.length <= 100 && NAMES.test(name);

export function entryHead({ name, size }: EntryHead, seconds: number): Buffer {
  if (!isEntryName(name) || size > LARGEST_ENTRY) throw new RangeError(`"${name}" with ${size} bytes is no entry of a backup`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 'latin1');
  block.write('0000600\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  block.write(`${octal(size, 11)}\0`, 124, 'latin1');
  block.write(`${octal(seconds, 11)}\0`, 136, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(`${octal(sumOf(block), 6)}\0 `, 148, 'latin1');
  return block;
}

/** How many bytes follow a payload up to the next block. */
export const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** Undefined when the block is no head of an entry of a backup. */
export function readEntryHead(block: Uint8Array): EntryHead | undefined {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const text = (from: number, length: number): string => /^[^\0]*/.exec(bytes.toString('latin1', from, from + length))?.[0] ?? '';
  const name = text(0, 100);
  const size = Number.parseInt(text(124, 12), 8);
  const plain = text(156, 1) === '0' && text(257, 6) === 'ustar' && text(157, 100) === '' && text(345, 155) === '';
  const whole = Number.parseInt(text(148, 8), 8) === sumOf(bytes);
  if (!plain || !whole || !isEntryName(name) || !Number.isSafeInteger(size) || size < 0 || size > LARGEST_ENTRY) return undefined;
  return { name, size };
}

/** The sum of all bytes of the head, its own field read as spaces. */
function sumOf(block: Buffer): number {
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
  return sum;
}

const octal = (value: number, digits: number): string => Math.floor(value).toString(8).padStart(digits, '0');
