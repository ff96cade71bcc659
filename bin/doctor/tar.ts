// A tar archive (POSIX ustar) of small files, gzipped: what `palace doctor --bundle` writes. Nothing here reads archives.
// I1 Names are ours: relative, without "..", at most 100 bytes.
import { gzipSync } from 'node:zlib';

export interface ArchiveFile {
  readonly name: string;
  readonly text: string;
}

const BLOCK = 512;
const NAME_BYTES = 100;

export function tarGz(files: readonly ArchiveFile[], mtimeMs: number): Buffer {
  const blocks = files.flatMap(({ name, text }) => {
    const content = Buffer.from(text, 'utf8');
    return [header(name, content.length, mtimeMs), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  // Two empty blocks end an archive.
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

function header(name: string, size: number, mtimeMs: number): Buffer {
  if (!/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(name) || name.includes('..') || name.length > NAME_BYTES)
    throw new Error(`"${name}" is no name for an archive.`);
  const block = Buffer.alloc(BLOCK);
  const put = (text: string, offset: number): void => void block.write(text, offset, 'latin1');
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  put(name, 0);
  put(`${octal(0o600, 7)}\0`, 100);
  put(`${octal(0, 7)}\0`, 108);
  put(`${octal(0, 7)}\0`, 116);
  put(`${octal(size, 11)}\0`, 124);
  put(`${octal(Math.floor(mtimeMs / 1_000), 11)}\0`, 136);
  // The sum is taken with spaces in its own place.
  put(' '.repeat(8), 148);
  put('0', 156);
  put('ustar\0', 257);
  put('00', 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 6)}\0 `, 148);
  return block;
}
