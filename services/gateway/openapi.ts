// The OpenAPI 3.1 document, written from the routes and their schemas: what is checked and what is documented are one thing.
// I1 Deterministic: the same routes give the same text, whatever the order of their declaration.
import { z } from 'zod';
import { PERMISSIONS, problemSchema } from './contract.ts';
import type { Route } from './contract.ts';

type JsonSchema = Readonly<Record<string, unknown>>;
export type OpenApi = Readonly<Record<string, unknown>> & { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly 'x-permission': string;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted and kept',
  204: 'Done, nothing to say',
  503: 'Not ready',
};

export function openApi(routes: readonly Route[], version: string, publicUrl: string | undefined): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of [...routes].sort(byPath)) {
    paths[route.path] ??= {};
    paths[route.path]![route.method] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'AgentsPalace',
      version,
      description: 'Every failure is an RFC 9457 problem document; `code` is the stable name of its kind.',
    },
    servers: [{ url: publicUrl ?? '/' }],
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: `An API key. Permissions: ${PERMISSIONS.join(', ')}.` } },
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
    },
  };
}

function byPath(left: Route, right: Route): number {
  const order = (route: Route): string => `${route.path} ${route.method}`;
  return order(left) < order(right) ? -1 : 1;
}

function operation(route: Route): Operation {
  const parameters = parametersOf(route);
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.path.split('/')[2] ?? 'system'],
    ...(route.permission === 'public' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(route.body, 'input') } } },
    }),
    responses: responsesOf(route),
    'x-permission': route.permission,
  };
}

/** `post /v1/runs/{id}/signals` -> `postRunsByIdSignals`. */
function operationId(route: Route): string {
  const parts = route.path.split('/').filter((part) => part !== '' && part !== 'v1');
  const words = parts.map((part) => (part.startsWith('{') ? `By-${part.slice(1, -1)}` : part));
  const name = words.join('-').replace(/[^A-Za-z0-9]+(.)?/g, (_all, next: string | undefined) => (next ?? '').toUpperCase());
  return route.method + name.charAt(0).toUpperCase() + name.slice(1);
}

function parametersOf(route: Route): Parameter[] {
  const parameters = [...fieldsOf(route.params, 'path'), ...fieldsOf(route.query, 'query')];
  if (route.idempotent === true)
    parameters.push(
      header(
        'Idempotency-Key',
        'One key, one request: repeated, it is done once and answered as before; another request under the same key is refused with idempotency.mismatch.',
      ),
    );
  if (route.events === true) parameters.push(header('Last-Event-ID', 'Resume the event stream after this id.'));
  return parameters;
}

function header(name: string, description: string): Parameter {
  return { name, in: 'header', required: false, schema: { type: 'string', minLength: 1, maxLength: 200, description } };
}

function fieldsOf(schema: z.ZodType | undefined, place: 'path' | 'query'): Parameter[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: field,
  }));
}

function responsesOf(route: Route): Operation['responses'] {
  const responses: Record<string, { description: string; content?: Content }> = {};
  for (const status of Object.keys(route.responses)
    .map(Number)
    .sort((left, right) => left - right)) {
    const schema = route.responses[status];
    const content: Record<string, { schema: JsonSchema }> = {};
    if (schema !== undefined) content['application/json'] = { schema: jsonSchema(schema, 'output') };
    if (route.events === true && status === 200) content['text/event-stream'] = { schema: { type: 'string' } };
    responses[status] = { description: STATUS_TEXT[status] ?? 'Done', ...(Object.keys(content).length > 0 && { content }) };
  }
  responses['default'] = {
    description: 'A problem',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return responses;
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }) as Record<string, unknown>;
  return rest;
}
