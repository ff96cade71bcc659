/** Undefined and empty values are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export function addressOf(path: string, query: Query = {}): string {
  const said = Object.entries(query).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined && entry[1] !== '');
  if (said.length === 0) return path;
  return `${path}?${new URLSearchParams(said.map(([name, value]): [string, string] => [name, String(value)])).toString()}`;
}
