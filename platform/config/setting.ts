// The kinds of settings. Each has its environment variable, its default and its sentence; each reads text (from the
// environment) and typed values (from flags) alike.
// Called by the sections beside it and by config.ts.
import { z } from 'zod';
import { Secret } from '../secret.ts';

export interface SettingAbout {
  readonly variable: string;
  readonly sentence: string;
}

const ABOUT = new WeakMap<z.ZodType, SettingAbout>();

/** What the variable is called and does. */
export function aboutSetting(schema: z.ZodType): SettingAbout | undefined {
  return ABOUT.get(schema);
}

function setting<S extends z.ZodType>(variable: string, sentence: string, schema: S): S {
  const described = schema.describe(sentence) as S;
  ABOUT.set(described, { variable, sentence });
  return described;
}

export const text = (variable: string, fallback: string, sentence: string) => setting(variable, sentence, z.string().default(fallback));

export const choice = <const C extends readonly [string, ...string[]]>(variable: string, options: C, fallback: C[number], sentence: string) =>
  // zod derives its own type of the options; that the fallback is one of them is held by `C`.
  setting(variable, sentence, z.enum(options).default(fallback as never));

/** A whole number within bounds: every bound of the product is itself bounded. */
export const whole = (variable: string, fallback: number, min: number, max: number, sentence: string) =>
  setting(
    variable,
    sentence,
    z
      .union([
        z.int(),
        z
          .string()
          .regex(/^-?\d{1,16}$/, 'Expected a whole number')
          .transform(Number),
      ])
      .pipe(z.int().min(min).max(max))
      .default(fallback),
  );

export const yesOrNo = (variable: string, fallback: boolean, sentence: string) =>
  setting(variable, sentence, z.union([z.boolean(), z.stringbool({ error: 'Expected yes or no' })]).default(fallback));

/** Comma-separated text, or a list. */
export const list = (variable: string, sentence: string) =>
  setting(
    variable,
    sentence,
    z
      .union([
        z.array(z.string()),
        z.string().transform((value) =>
          value
            .split(',')
            .map((part) => part.trim())
            .filter((part) => part !== ''),
        ),
      ])
      .default([]),
  );

export const secretText = (variable: string, sentence: string) =>
  setting(variable, sentence, z.union([z.instanceof(Secret<string>), z.string().transform((value) => new Secret(value))]).default(new Secret('')));

/** A URL whose scheme is one of those given; '' where that is allowed. The scheme picks the adapter. */
export const schemeUrl = (variable: string, schemes: readonly string[], fallback: string, sentence: string) =>
  setting(
    variable,
    sentence,
    z
      .string()
      .refine((value) => value === fallback || schemes.some((scheme) => value.startsWith(`${scheme}:`)), {
        error: `Expected a URL that begins with ${schemes.map((scheme) => `${scheme}:`).join(' or ')}`,
      })
      .default(fallback),
  );

/** The same with a password in it: kept as a secret. */
export const secretUrl = (variable: string, schemes: readonly string[], sentence: string) =>
  setting(
    variable,
    sentence,
    z
      .union([z.instanceof(Secret<string>), z.string().transform((value) => new Secret(value))])
      .refine((value) => value.reveal() === '' || (schemes.some((scheme) => value.reveal().startsWith(`${scheme}://`)) && URL.canParse(value.reveal())), {
        error: `Expected a URL such as ${schemes[0]}://user:password@host/database`,
      })
      .default(new Secret('')),
  );

/** `https://host` or `http://host:port`, nothing after it; empty when it is not set. */
export const origin = (variable: string, sentence: string) =>
  setting(
    variable,
    sentence,
    z
      .string()
      .refine((value) => value === '' || (/^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value), {
        error: 'Expected an address without a path, such as https://palace.example',
      })
      .default(''),
  );
