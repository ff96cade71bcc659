// Base64 and base32 over UTF-8, without Node's Buffer, so that the package runs wherever JavaScript does.

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function utf8Encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Malformed bytes become U+FFFD; a byte order mark is data. */
export function utf8Decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

export function base64(text: string): string {
  return encode(utf8Encode(text), BASE64, 6, 4);
}

export function base32(text: string): string {
  return encode(utf8Encode(text), BASE32, 5, 8);
}

/** Undefined when the text holds anything but digits and trailing `=`. */
export function base64Decode(text: string): Uint8Array | undefined {
  return decode(text, BASE64, 6);
}

export function base32Decode(text: string): Uint8Array | undefined {
  return decode(text, BASE32, 5);
}

function encode(bytes: Uint8Array, alphabet: string, width: number, group: number): string {
  const digits: string[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= width; bits -= width) digits.push(alphabet[(held >> (bits - width)) & ((1 << width) - 1)] ?? '');
    held &= (1 << bits) - 1;
  }
  if (bits > 0) digits.push(alphabet[(held << (width - bits)) & ((1 << width) - 1)] ?? '');
  while (digits.length % group !== 0) digits.push('=');
  return digits.join('');
}

function decode(text: string, alphabet: string, width: number): Uint8Array | undefined {
  const digits = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * width) / 8));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const digit of digits) {
    const value = alphabet.indexOf(digit);
    if (value < 0) return undefined;
    held = (held << width) | value;
    bits += width;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
    held &= (1 << bits) - 1;
  }
  return bytes;
}
