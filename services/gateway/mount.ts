// Puts declared routes on Express. What is not declared wholly is not mounted: the boot fails (S01).
// I1 Every route names a permission and a loader; every `{param}` of its path stands in its params schema.
// I2 Object schemas of bodies and queries refuse unknown fields (S07).
// I3 One answer a path: literal segments go before `{param}`, other methods get 405 with Allow.
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import { PalaceError } from '@palace/platform/errors.ts';
import { z } from 'zod';
import { PERMISSIONS } from './contract.ts';
import type { Route } from './contract.ts';
import { serve } from './endpoint.ts';
import type { EndpointTerms } from './endpoint.ts';
import type { Exchange } from './exchange.ts';

const METHODS = new Set(['get', 'post', 'put', 'delete']);
const PATH = /^(?:\/(?:[A-Za-z0-9._~:-]+|\{[a-zA-Z][a-zA-Z0-9]*\}))+$/;
const KNOWN_PERMISSIONS = new Set<unknown>([...PERMISSIONS, 'public', 'authenticated']);

export function createApp(): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false).set('trust proxy', false);
  return app;
}

export function mountRoutes(app: Express, routes: readonly Route[], terms: EndpointTerms, exchangeOf: (request: Request) => Exchange): void {
  checkRoutes(routes);
  const byPath = Map.groupBy(routes, (route) => route.path);
  for (const path of [...byPath.keys()].sort(bySpecificity)) {
    const group = byPath.get(path)!;
    for (const route of group) {
      app[route.method](expressPath(path), (request: Request, _response: Response) => {
        const exchange = exchangeOf(request);
        serve(route, exchange, request.params, terms).catch((error: unknown) => exchange.fail(error));
      });
    }
    const allow = allowOf(group);
    app.all(expressPath(path), (request: Request) => refuseMethod(exchangeOf(request), path, allow));
  }
}

/** Mount last: everything that matched nothing, and everything that threw inside Express. */
export function mountEnd(app: Express, exchangeOf: (request: Request) => Exchange): void {
  app.use((request: Request) => exchangeOf(request).fail(new PalaceError('not-found')));
  app.use((error: unknown, request: Request, _response: Response, _next: NextFunction) => exchangeOf(request).fail(error));
}

function refuseMethod(exchange: Exchange, path: string, allow: string): void {
  exchange.route = path;
  exchange.headers.push('allow', allow);
  exchange.fail(new PalaceError('method-not-allowed'));
}

function allowOf(group: readonly Route[]): string {
  const methods = new Set(group.map((route) => route.method.toUpperCase()));
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort().join(', ');
}

export function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const route of routes) {
    const name = `${String(route.method).toUpperCase()} ${String(route.path)}`;
    const wrong = whatIsMissing(route) ?? (seen.has(name) ? 'is declared twice' : undefined);
    if (wrong !== undefined) throw new PalaceError('boot.route-undeclared', { detail: `${name} ${wrong}.` });
    seen.add(name);
  }
}

function whatIsMissing(route: Route): string | undefined {
  if (!METHODS.has(route.method)) return 'has no known method';
  if (typeof route.path !== 'string' || !PATH.test(route.path)) return 'has no proper path';
  if (!KNOWN_PERMISSIONS.has(route.permission)) return 'declares no permission';
  if (route.loader !== 'collection' && typeof route.loader !== 'function') return 'declares no loader';
  if (typeof route.handle !== 'function') return 'has no handler';
  if (route.permission === 'public' && route.loader !== 'collection') return 'is public and loads a tenant’s thing';
  if (route.body !== undefined && route.method === 'get') return 'is a GET with a body';
  return whatIsLoose(route);
}

function whatIsLoose(route: Route): string | undefined {
  if (isLoose(route.body)) return 'accepts unknown fields in its body';
  if (isLoose(route.query)) return 'accepts unknown query parameters';
  const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const declared = route.params instanceof z.ZodObject ? Object.keys(route.params.shape) : [];
  const open = named.find((param) => !declared.includes(param)) ?? declared.find((param) => !named.includes(param));
  return open === undefined ? undefined : `and its params schema disagree about {${open}}`;
}

function isLoose(schema: z.ZodType | undefined): boolean {
  return schema instanceof z.ZodObject && !(schema.def.catchall instanceof z.ZodNever);
}

/** `/v1/runs/{id}` as Express writes it. The characters that Express reads as patterns are escaped. */
function expressPath(path: string): string {
  return path.replaceAll(':', '\\:').replace(/\{(\w+)\}/g, ':$1');
}

/** Segment by segment, a literal before a parameter; otherwise by text, so that the order never depends on the declaration. */
function bySpecificity(left: string, right: string): number {
  const lefts = left.split('/');
  const rights = right.split('/');
  for (let at = 0; at < Math.min(lefts.length, rights.length); at += 1) {
    const order = Number(lefts[at]!.startsWith('{')) - Number(rights[at]!.startsWith('{'));
    if (order !== 0) return order;
    if (lefts[at] !== rights[at]) return lefts[at]! < rights[at]! ? -1 : 1;
  }
  return lefts.length - rights.length;
}
