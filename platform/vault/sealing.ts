// AES-256-GCM with a random nonce of 96 bit. What a text is bound to goes in as additional data and is not stored.
// Layout: one byte format, four bytes key version, 12 bytes nonce, the ciphertext, 16 bytes tag.
// I1 The bound parts are one JSON list, so that no two different lists read the same.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const FORMAT = 1;
const HEAD_BYTES = 5;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

export type BoundTo = readonly (string | number)[];

const additional = (boundTo: BoundTo, version: number): Buffer => Buffer.from(JSON.stringify([FORMAT, version, ...boundTo]));

export function sealWith(key: Uint8Array, version: number, boundTo: BoundTo, plain: Uint8Array): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(FORMAT, 0);
  head.writeUInt32BE(version, 1);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additional(boundTo, version));
  return Buffer.concat([head, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when the bytes are none of ours. */
export function versionOf(sealed: Uint8Array): number | undefined {
  if (sealed.byteLength < HEAD_BYTES + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT) return undefined;
  return bufferOf(sealed).readUInt32BE(1);
}

/** Undefined when the key is another one, or anything was changed. */
export function openWith(key: Uint8Array, boundTo: BoundTo, sealed: Uint8Array): Uint8Array | undefined {
  const version = versionOf(sealed);
  if (version === undefined) return undefined;
  const bytes = bufferOf(sealed);
  const end = bytes.byteLength - TAG_BYTES;
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES), { authTagLength: TAG_BYTES });
  cipher.setAAD(additional(boundTo, version));
  cipher.setAuthTag(bytes.subarray(end));
  try {
    return Buffer.concat([cipher.update(bytes.subarray(HEAD_BYTES + NONCE_BYTES, end)), cipher.final()]);
  } catch {
    return undefined;
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
