// What a catalog of texts is: a tree of templates. English is the source of the keys; another language has the same tree, or the type
// check fails. A template names its values in braces: '{count} runs'. One that depends on a number has a form for each plural.
// I1 A catalog is plain JSON: it travels with the first answer, and only in the language that was chosen.

import type { en } from './en.ts';

/** `other` always; more forms where the language has them (Intl.PluralRules). The number is the value `count`. */
export interface Plural {
  readonly one?: string;
  readonly few?: string;
  readonly many?: string;
  readonly other: string;
}
export interface Texts {
  readonly [key: string]: string | Plural | Texts;
}

/** The same tree in another language. */
export type Translated<T> = {
  readonly [K in keyof T]: T[K] extends string ? string : T[K] extends { readonly other: string } ? Plural : Translated<T[K]>;
};
export type Catalog = Translated<typeof en>;

type PathsOf<T, Before extends string = ''> = {
  [K in keyof T & string]: T[K] extends string | { readonly other: string } ? `${Before}${K}` : PathsOf<T[K], `${Before}${K}.`>;
}[keyof T & string];
/** `home.title` */
export type TextKey = PathsOf<typeof en>;

type At<T, P extends string> = P extends `${infer Head}.${infer Rest}` ? At<T[Head & keyof T], Rest> : T[P & keyof T];
type NamesIn<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type NamesOf<T> = T extends string ? NamesIn<T> : T extends { readonly other: string } ? 'count' | NamesIn<T['other']> : never;

export type TextValue = string | number;
/** The values that the template of a key names, as arguments: none when it names none. */
export type ValuesOf<K extends TextKey> = [NamesOf<At<typeof en, K>>] extends [never]
  ? []
  : [values: { readonly [N in NamesOf<At<typeof en, K>>]: N extends 'count' ? number : TextValue }];
