// /v1/environments: named sets of variables and secrets; the variables of each.
import type { Log } from '@palace/platform/telemetry/port.ts';
import { z } from 'zod';
import { environmentList, environmentName, environmentView, putVariable, route, variableList, variableName, variableView, type Route } from './contract.ts';
import { MAX_VARIABLE_BYTES, type Environments } from './environments.ts';

const byName = z.strictObject({ environment: environmentName });
const byVariable = z.strictObject({ environment: environmentName, name: variableName });
/** A text of two bytes a character, escaped, with its name around it. */
const MAX_BODY_BYTES = MAX_VARIABLE_BYTES * 3;

export const environmentRoutes = (environments: Environments, log: Log): Route[] => [...ofEnvironments(environments, log), ...ofVariables(environments, log)];

function ofEnvironments(environments: Environments, log: Log): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/environments',
      summary: 'List environments',
      permission: 'environment.read',
      loader: 'collection',
      responses: { 200: environmentList },
      handle: async ({ tenant }) => ({ status: 200, body: { items: await environments.list(tenant) } }),
    }),
    route({
      method: 'put',
      path: '/v1/environments/{environment}',
      summary: 'Create an environment; one that is there stays as it is',
      permission: 'environment.write',
      audit: { action: 'environment.create' },
      loader: 'collection',
      params: byName,
      responses: { 200: environmentView, 201: environmentView },
      async handle({ tenant, principal, params }) {
        const { environment, created } = await environments.create(tenant, params.environment, principal.id);
        if (created) log.info('environment.created', { tenant, by: principal.id, environment: params.environment });
        return { status: created ? 201 : 200, body: environment };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/environments/{environment}',
      summary: 'Remove an environment that holds nothing',
      permission: 'environment.write',
      audit: { action: 'environment.remove' },
      params: byName,
      loader: (tenant, { environment }) => environments.find(tenant, environment),
      responses: { 204: undefined },
      async handle({ tenant, principal, params }) {
        await environments.remove(tenant, params.environment);
        log.info('environment.removed', { tenant, by: principal.id, environment: params.environment });
        return { status: 204 };
      },
    }),
  ];
}

function ofVariables(environments: Environments, log: Log): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/environments/{environment}/variables',
      summary: 'The variables of an environment, with their values',
      permission: 'environment.read',
      params: byName,
      loader: 'collection',
      responses: { 200: variableList },
      handle: async ({ tenant, params }) => ({ status: 200, body: { items: await environments.variables(tenant, params.environment) } }),
    }),
    route({
      method: 'put',
      path: '/v1/environments/{environment}/variables/{name}',
      summary: 'Set a variable; runs that begin from now on see it',
      permission: 'environment.write',
      audit: { action: 'variable.set' },
      params: byVariable,
      loader: 'collection',
      body: putVariable,
      maxBodyBytes: MAX_BODY_BYTES,
      responses: { 200: variableView },
      async handle({ tenant, principal, params, body }) {
        const set = await environments.setVariable(tenant, params.environment, params.name, body.value, principal.id);
        log.info('variable.set', { tenant, by: principal.id, environment: params.environment, name: params.name });
        return { status: 200, body: set };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/environments/{environment}/variables/{name}',
      summary: 'Remove a variable; flows that need it are not started from then on',
      permission: 'environment.write',
      audit: { action: 'variable.remove' },
      params: byVariable,
      loader: (tenant, { environment, name }) => environments.findVariable(tenant, environment, name),
      responses: { 204: undefined },
      async handle({ tenant, principal, params }) {
        await environments.removeVariable(tenant, params.environment, params.name);
        log.info('variable.removed', { tenant, by: principal.id, environment: params.environment, name: params.name });
        return { status: 204 };
      },
    }),
  ];
}
