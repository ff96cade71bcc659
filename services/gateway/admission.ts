// Who may come in at the public door: address rate, credential, key rate, permission, in this order.
// I1 Refused credentials are counted by address; a caller whose window of refusals is used up is not looked up again unless its
//    key has worked before, so guessing costs the database nothing and a neighbour's broken client locks nobody out.
// I2 A key goes before a cookie. What comes with a cookie and changes something must come from a page of our own (people/channel.ts).
// I3 While shares and caches hold, nothing here waits: the hot path makes no promise.
import { PalaceError } from '@palace/platform/errors.ts';
import type { Permission, Principal, Route } from './contract.ts';
import type { Credentials } from './credentials.ts';
import type { Admission } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { checkSource, cookieValue } from './people/channel.ts';
import type { People } from './people/people.ts';
import { rateHeaders, refusedByRate } from './limits.ts';
import type { RateDecision, RateLimiter } from './limits.ts';

export interface AdmissionParts {
  readonly credentials: Credentials;
  readonly perKey: RateLimiter;
  readonly perAddress: RateLimiter;
  readonly refused: RateLimiter;
  readonly people: Pick<People, 'channel' | 'sessions'>;
}

/** Nobody in particular: what public routes are called with. */
export const ANYBODY: Principal = { kind: 'service', id: 'public', tenant: '', role: 'viewer', permissions: new Set() };

export function publicAdmission(parts: AdmissionParts): Admission {
  const { credentials, perKey, perAddress, refused, people } = parts;

  function admit(exchange: Exchange, route: Route): Principal | Promise<Principal> {
    const decision = perAddress.take(exchange.caller.rateKey);
    return decision instanceof Promise ? decision.then((taken) => addressed(exchange, route, taken)) : addressed(exchange, route, decision);
  }

  function addressed(exchange: Exchange, route: Route, decision: RateDecision): Principal | Promise<Principal> {
    if (!decision.allowed) throw limited(exchange, perAddress, decision);
    if (route.permission === 'public') return ANYBODY;
    const { authorization } = exchange.request.headers;
    if (route.openOnLoopback === true && exchange.caller.loopback && authorization === undefined) return ANYBODY;
    const principal = identify(exchange, authorization);
    return principal instanceof Promise ? principal.then((known) => identified(exchange, route, known)) : identified(exchange, route, principal);
  }

  function identify(exchange: Exchange, authorization: string | undefined): Principal | Promise<Principal> {
    const { request, caller } = exchange;
    const { cookie } = request.headers;
    const session = authorization === undefined && cookie !== undefined ? cookieValue(people.channel(), cookie) : undefined;
    if (session !== undefined) checkSource(people.channel(), request);
    const isFamiliar = (): boolean => (session === undefined ? credentials.isFamiliar(authorization) : people.sessions.isFamiliar(session));
    if (refused.isExhausted(caller.rateKey) && !isFamiliar()) return refuse(exchange, undefined);
    try {
      const principal = session === undefined ? credentials.verify(authorization, request.socket) : people.sessions.verify(session);
      return principal instanceof Promise ? principal.catch((error: unknown) => refuse(exchange, error)) : principal;
    } catch (error) {
      return refuse(exchange, error);
    }
  }

  async function refuse(exchange: Exchange, error: unknown): Promise<never> {
    if (error !== undefined && !(error instanceof PalaceError && error.code.startsWith('auth.'))) throw error;
    const decision = await refused.take(exchange.caller.rateKey);
    throw decision.allowed ? (error ?? new PalaceError('auth.invalid')) : limited(exchange, refused, decision);
  }

  function identified(exchange: Exchange, route: Route, principal: Principal): Principal | Promise<Principal> {
    const decision = perKey.take(principal.id);
    return decision instanceof Promise
      ? decision.then((taken) => permitted(exchange, route, principal, taken))
      : permitted(exchange, route, principal, decision);
  }

  function permitted(exchange: Exchange, route: Route, principal: Principal, decision: RateDecision): Principal {
    if (!decision.allowed) throw limited(exchange, perKey, decision);
    exchange.headers.push(...rateHeaders(perKey, decision));
    checkPermission(route, principal);
    return principal;
  }

  return {
    admit,
    stillAllowed: (principal, route) => (principal.kind === 'person' ? people.sessions : credentials).stillAllowed(principal, neededPermission(route)),
  };
}

export function checkPermission(route: Route, principal: Principal): void {
  const needed = neededPermission(route);
  if (needed !== undefined && !principal.permissions.has(needed)) throw new PalaceError('auth.forbidden', { detail: needed });
}

function neededPermission(route: Route): Permission | undefined {
  return route.permission === 'public' || route.permission === 'authenticated' ? undefined : route.permission;
}

function limited(exchange: Exchange, limiter: RateLimiter, decision: RateDecision): PalaceError {
  exchange.headers.push(...rateHeaders(limiter, decision));
  return refusedByRate(limiter, decision);
}
