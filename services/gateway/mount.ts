// From a request to its declared route. What is not declared wholly is not served: the boot fails (S01). Declared routes are found by our
// own table (measured: Express cost 0.05 ms a request); Express has the rest: prefixes of other processes, and what matches nothing.
// I1 Every route names a permission and a loader; every `{param}` of its path stands in its params schema.
// I2 Object schemas of bodies and queries refuse unknown fields (S07).
// I3 Other methods of a known path get 405 with Allow.
import { SlowBodies } from './slow-bodies.ts';
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import { PalaceError } from '@palace/platform/errors.ts';
import { z } from 'zod';
import { PERMISSIONS } from './contract.ts';
import type { Route } from './contract.ts';
import { serve } from './endpoint.ts';
import type { EndpointTerms } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { RouteTable, type Found } from './route-table.ts';

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);
const PATH = /^(?:\/(?:[A-Za-z0-9._~:-]+|\{[a-zA-Z][a-zA-Z0-9]*\}))+$/;
const KNOWN_PERMISSIONS = new Set<unknown>([...PERMISSIONS, 'public', 'authenticated']);

export function createApp(): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false).set('trust proxy', false);
  return app;
}

/** Serves a request by its declared route; false when no route has its path. */
export type Dispatch = (exchange: Exchange) => boolean;

export function dispatcher(routes: readonly Route[], given: Omit<EndpointTerms, 'slowBodies'>): Dispatch {
  const terms: EndpointTerms = { ...given, slowBodies: new SlowBodies() };
  checkRoutes(routes);
  const table = new RouteTable(routes);
  return (exchange) => {
    const { method = '', url = '' } = exchange.request;
    const query = url.indexOf('?');
    const found = table.find(method, query < 0 ? url : url.slice(0, query));
    if (found === undefined) return false;
    if (found.route === undefined) refuseMethod(exchange, found);
    else serve(found.route, exchange, found.params, terms).catch((error: unknown) => exchange.fail(error));
    return true;
  };
}

/** Mount last: everything that matched nothing, and everything that threw inside Express. */
export function mountEnd(app: Express, exchangeOf: (request: Request) => Exchange): void {
  app.use((request: Request) => exchangeOf(request).fail(new PalaceError('not-found')));
  app.use((error: unknown, request: Request, _response: Response, _next: NextFunction) => exchangeOf(request).fail(error));
}

function refuseMethod(exchange: Exchange, { path, allow }: Found): void {
  exchange.route = path;
  exchange.headers.push('allow', allow);
  exchange.fail(new PalaceError('method-not-allowed'));
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
  if (route.method !== 'get' && route.audit === undefined) return 'does not say what the audit log tells of it';
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

/** Other fields than those named are dropped or let through unseen. A schema for them (attributes of events) declares them. */
function isLoose(schema: z.ZodType | undefined): boolean {
  if (!(schema instanceof z.ZodObject)) return false;
  const { catchall } = schema.def;
  return catchall === undefined || catchall instanceof z.ZodUnknown || catchall instanceof z.ZodAny;
}
