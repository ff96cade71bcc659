// The official schema of OWS as a judge of texts, where it is at hand; and the flows that are judged by it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator, type Schema } from '@cfworker/json-schema';
import { parse } from 'yaml';

const REPOSITORY = join(import.meta.dirname, '..');
const UPSTREAM = join(REPOSITORY, '../shared/ows');
export const HAS_UPSTREAM = existsSync(join(UPSTREAM, 'schema/workflow.yaml'));
export const EXAMPLES: readonly string[] = HAS_UPSTREAM ? readdirSync(join(UPSTREAM, 'examples')).filter((name) => name.endsWith('.yaml')) : [];

export const exampleText = (name: string): string => readFileSync(join(UPSTREAM, 'examples', name), 'utf8');

/** What the official schema has against a text; one judge for as many texts as there are. */
export function officialErrors(): (text: string) => string[] {
  const schema = parse(readFileSync(join(UPSTREAM, 'schema/workflow.yaml'), 'utf8')) as Schema;
  const validator = new Validator(schema, '2020-12', false);
  return (text) => validator.validate(parse(text)).errors.map((unit) => `${unit.instanceLocation} ${unit.error}`);
}

/** The flows among the samples, from the root of the repository. */
export function sampleFlows(): string[] {
  const folder = join(REPOSITORY, 'samples');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join('samples', name))
    .filter((name) => /^document:/m.test(readFileSync(join(REPOSITORY, name), 'utf8')));
}

export const readRepository = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');
