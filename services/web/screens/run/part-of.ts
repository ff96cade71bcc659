/** What stands at a JSON pointer (RFC 6901); undefined where nothing does. */
export function partOf(document: unknown, pointer: string): unknown {
  let at = document;
  for (const raw of pointer.split('/').slice(1)) {
    const name = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
