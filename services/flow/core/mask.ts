// Takes secrets out of what comes back: a remote that echoes a header must not write it into the history.
// I1 What is looked for are the values that this one act sent, as they are and as they commonly travel (percent-encoded, base64, JSON).
// I2 Values of fewer than MIN_LENGTH characters are not looked for: an answer without its "1" would be no answer.
import { put, type Json } from '@palace/jq/json.ts';
import { secretShown, type SecretValues } from './secrets.ts';

const MIN_LENGTH = 4;
/** Deeper answers are refused by their size check (payload.ts). */
const MAX_DEPTH = 1_000;

export class Mask {
  readonly #shown = new Map<string, string>();
  /** Longest first: a secret within another must not leave the rest of it. */
  #ordered: readonly (readonly [string, string])[] | undefined;

  constructor(secrets: SecretValues = new Map()) {
    for (const [name, value] of secrets) this.#addValue([name], value, 0);
  }

  /** Something that was made from secrets: an access token, an encoded pair. */
  add(name: string, text: string): void {
    this.#addText(secretShown([name]), text);
  }

  text(text: string): string {
    let safe = text;
    for (const [secret, shown] of this.#pairs()) if (safe.includes(secret)) safe = safe.replaceAll(secret, () => shown);
    return safe;
  }

  /** A body before anybody reads it, whatever it is. */
  bytes(bytes: Uint8Array): Uint8Array {
    if (this.#shown.size === 0) return bytes;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    let safe = text;
    for (const [secret, shown] of this.#pairs()) safe = safe.replaceAll(Buffer.from(secret).toString('latin1'), () => shown);
    return safe === text ? bytes : Buffer.from(safe, 'latin1');
  }

  /** The same value where there is nothing to hide. */
  json(value: Json, depth = 0): Json {
    if (this.#shown.size === 0) return value;
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
    if (Array.isArray(value)) {
      const items = value.map((item) => this.json(item, depth + 1));
      return items.some((item, i) => item !== value[i]) ? items : value;
    }
    const safe: { [key: string]: Json } = {};
    let changed = false;
    for (const key of Object.keys(value)) {
      const [name, item] = [this.text(key), this.json(value[key] as Json, depth + 1)];
      changed ||= name !== key || item !== value[key];
      put(safe, name, item);
    }
    return changed ? safe : value;
  }

  #addValue(path: readonly string[], value: Json, depth: number): void {
    if (typeof value === 'string') this.#addText(secretShown(path), value);
    else if (typeof value === 'number') this.#addText(secretShown(path), String(value));
    else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH)
      for (const [key, inner] of Object.entries(value)) this.#addValue([...path, key], inner, depth + 1);
  }

  #addText(shown: string, text: string): void {
    if (text.length < MIN_LENGTH) return;
    const base64 = Buffer.from(text).toString('base64');
    const forms = [
      text,
      text.trim(),
      encodeURIComponent(text.toWellFormed()),
      new URLSearchParams([['', text]]).toString().slice(1),
      JSON.stringify(text).slice(1, -1),
      base64,
      base64.replace(/=+$/, ''),
      Buffer.from(text).toString('base64url'),
    ];
    for (const form of forms) if (form.length >= MIN_LENGTH && !this.#shown.has(form)) this.#shown.set(form, shown);
    this.#ordered = undefined;
  }

  #pairs(): readonly (readonly [string, string])[] {
    return (this.#ordered ??= [...this.#shown].toSorted(([a], [b]) => b.length - a.length));
  }
}
