// The routes of secrets: names and versions go out, values only come in.
import { PalaceError } from '@palace/platform/errors.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { z } from 'zod';
import { inEnvironment, listSecrets, putSecret, route, rotatedSecrets, secretList, secretName, secretView, type Route } from './contract.ts';
import { listPage } from './list-page.ts';
import { MAX_SECRET_BYTES, type Secrets } from './secrets.ts';

/** A text of two bytes a character, escaped, with its name around it. */
const MAX_BODY_BYTES = MAX_SECRET_BYTES * 3;
const byName = z.strictObject({ name: secretName });

export function secretRoutes(secrets: Secrets, log: Log): Route[] {
  const tell = (action: string, tenant: string, by: string, which?: { environment: string; name: string }): void => log.info(action, { tenant, by, ...which });
  return [
    route({
      method: 'get',
      path: '/v1/secrets',
      summary: 'List the names of secrets',
      permission: 'secret.read',
      loader: 'collection',
      query: listSecrets,
      responses: { 200: secretList },
      async handle({ tenant, query }) {
        const found = await secrets.list(tenant, query.environment, query.limit + 1, query.cursor);
        return { status: 200, body: listPage(found, query.limit, ({ name }) => name) };
      },
    }),
    route({
      method: 'put',
      path: '/v1/secrets/{name}',
      summary: 'Set a secret; its value is never given back',
      permission: 'secret.write',
      audit: { action: 'secret.set', detail: ({ query }) => query },
      loader: 'collection',
      params: byName,
      query: inEnvironment,
      body: putSecret,
      responses: { 200: secretView },
      maxBodyBytes: MAX_BODY_BYTES,
      async handle({ tenant, principal, params, query: { environment }, body }) {
        const set = await secrets.set(tenant, environment, params.name, body.value, principal.id);
        tell('secret.set', tenant, principal.id, { environment, name: params.name });
        return { status: 200, body: set };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/secrets/{name}',
      summary: 'Remove a secret; steps that need it fail from then on',
      permission: 'secret.write',
      audit: { action: 'secret.remove', detail: ({ query }) => query },
      loader: 'collection',
      params: byName,
      query: inEnvironment,
      responses: { 204: undefined },
      async handle({ tenant, principal, params, query: { environment } }) {
        if ((await secrets.find(tenant, environment, params.name)) === undefined) throw new PalaceError('not-found');
        await secrets.remove(tenant, environment, params.name);
        tell('secret.removed', tenant, principal.id, { environment, name: params.name });
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/v1/secrets/rotate',
      summary: 'Make a new data key and seal every secret of all environments with it',
      permission: 'secret.write',
      audit: { action: 'secret.rotate' },
      loader: 'collection',
      responses: { 200: rotatedSecrets },
      async handle({ tenant, principal }) {
        const rotated = await secrets.rotate(tenant);
        tell('secret.rotated', tenant, principal.id);
        return { status: 200, body: rotated };
      },
    }),
  ];
}
