// The input that somebody typed, and what is wrong with it. Pure.

export type TypedInput = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** Nothing is no input: the flow's own default counts. */
export function typedInput(text: string): TypedInput {
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

const MOST_FIELDS = 30;

/** A first input for a flow that says what it wants (`input.schema`): defaults, examples, or an empty value of the type. */
export function inputSketch(document: unknown): string {
  const schema = at(document, 'input', 'schema', 'document');
  const value = sketch(schema, 0);
  return value === undefined ? '' : JSON.stringify(value, null, 2);
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (isObject(found) ? found[key] : undefined), value);
}
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function sketch(schema: unknown, depth: number): unknown {
  if (!isObject(schema) || depth > 4) return undefined;
  const { default: usual, examples, const: only, type, properties } = schema;
  if (usual !== undefined) return usual;
  if (Array.isArray(examples) && examples.length > 0) return examples[0] as unknown;
  if (only !== undefined) return only;
  if (Array.isArray(schema['enum'])) return schema['enum'][0] as unknown;
  if (type === 'object' || isObject(properties)) {
    const fields = isObject(properties) ? Object.entries(properties).slice(0, MOST_FIELDS) : [];
    return Object.fromEntries(fields.map(([name, field]) => [name, sketch(field, depth + 1) ?? null]));
  }
  return EMPTY[String(type)];
}

const EMPTY: Readonly<Record<string, unknown>> = { string: '', number: 0, integer: 0, boolean: false, array: [], null: null };
