// Base64 and base32 over UTF-8, without Node's Buffer, so that the package runs wherever JavaScript does.

/** Bytes encoded at once: a multiple of three, so that pieces join without padding between them. */
const CHUNK = 12_288;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function utf8Encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Malformed bytes become U+FFFD; a byte order mark is data. */
export function utf8Decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

export function base64(text: string): string {
  const bytes = utf8Encode(text);
  const chunks: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) chunks.push(btoa(String.fromCharCode(...bytes.subarray(at, at + CHUNK))));
  return chunks.join('');
}

export function base32(text: string): string {
  return encode(utf8Encode(text));
}

/** Undefined when the text holds anything but digits and trailing `=`. */
export function base64Decode(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(digits)) return undefined;
  return Uint8Array.from(atob(digits), (char) => char.charCodeAt(0));
}

export function base32Decode(text: string): Uint8Array | undefined {
  return decode(text);
}

function encode(bytes: Uint8Array): string {
  const digits: string[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) digits.push(BASE32[(held >> (bits - 5)) & 31] ?? '');
    held &= (1 << bits) - 1;
  }
  if (bits > 0) digits.push(BASE32[(held << (5 - bits)) & 31] ?? '');
  while (digits.length % 8 !== 0) digits.push('=');
  return digits.join('');
}

function decode(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 5) / 8));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const digit of digits) {
    const value = BASE32.indexOf(digit);
    if (value < 0) return undefined;
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
    held &= (1 << bits) - 1;
  }
  return bytes;
}
