// From a catalog, a key and values to the text that is shown. Pure.
import type { Catalog, Plural, TextValue, Texts } from './catalog.ts';

/** Numbers are written as the language writes them. */
export interface Writer {
  plural(count: number): Intl.LDMLPluralRule;
  number(value: number): string;
}

export function fill(catalog: Catalog, key: string, values: Readonly<Record<string, TextValue>> | undefined, writer: Writer): string {
  const found = lookUp(catalog as unknown as Texts, key);
  if (found === undefined) return key;
  const template = typeof found === 'string' ? found : formOf(found, values?.['count'], writer);
  if (values === undefined) return template;
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? writer.number(value) : value;
  });
}

function lookUp(catalog: Texts, key: string): string | Plural | undefined {
  let at: Texts | Plural | string | undefined = catalog;
  for (const part of key.split('.')) {
    if (typeof at !== 'object' || !Object.hasOwn(at, part)) return undefined;
    at = (at as Texts)[part];
  }
  return typeof at === 'string' || isPlural(at) ? at : undefined;
}

const isPlural = (found: Texts | Plural | undefined): found is Plural => typeof found === 'object' && typeof found['other'] === 'string';

function formOf(plural: Plural, count: TextValue | undefined, writer: Writer): string {
  const form = typeof count === 'number' ? writer.plural(count) : 'other';
  return (form === 'zero' || form === 'two' ? undefined : plural[form]) ?? plural.other;
}
