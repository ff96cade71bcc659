// /v1/flows: publish, look up, list, delete. A definition is inert: nothing here runs it, and only publishing fetches what it names.
import { hash } from 'node:crypto';
import { PalaceError } from '@palace/platform/errors.ts';
import { route, type Route } from '@palace/gateway/contract.ts';
import { z } from 'zod';
import { editorSchema } from '../core/language/editor-schema.ts';
import { flowDetail, flowList, flowSchema, flowVersion, listedFlows, listFlows, publishFlow, validation, type listedFlow } from '../contract.ts';
import { announce, type FlowParts } from '../parts.ts';
import { compileSource, publishSource } from '../publishing.ts';
import type { Definition, ListedDefinition } from '../store/port.ts';
import { unpublish } from '../store/publish.ts';

const named = z.object({ namespace: z.string().max(63), name: z.string().max(63) });
const versionQuery = z.strictObject({ version: z.string().max(100).optional() });

const page = (d: Definition): z.input<typeof flowVersion> => ({
  namespace: d.namespace,
  name: d.name,
  version: d.version,
  hash: d.hash,
  latest: d.latest,
  publishedAt: new Date(d.publishedMs).toISOString(),
  ...(d.title !== undefined && { title: d.title }),
});

const listed = ({ lastRun, ...d }: ListedDefinition): z.input<typeof listedFlow> => ({
  ...page(d),
  ...(lastRun !== undefined && {
    lastRun: {
      id: lastRun.id,
      status: lastRun.status,
      startedAt: new Date(lastRun.startedMs).toISOString(),
      ...(lastRun.endedMs !== undefined && { endedAt: new Date(lastRun.endedMs).toISOString() }),
    },
  }),
});

export const definitionRoutes = (parts: FlowParts): Route[] => [...writing(parts), ...reading(parts)];

function writing(parts: FlowParts): Route[] {
  const { reads } = parts;
  const { database } = parts.platform;
  return [
    route({
      method: 'post',
      path: '/v1/flows',
      summary: 'Publish a version of a flow',
      permission: 'flow.write',
      audit: { action: 'flow.publish', detail: ({ body }) => ({ sourceName: body.sourceName ?? null, sha256: hash('sha256', body.source, 'hex') }) },
      loader: 'collection',
      body: publishFlow,
      maxBodyBytes: 2_000_000,
      responses: { 200: flowVersion, 201: flowVersion },
      async handle({ tenant, body }) {
        const published = await publishSource(parts, tenant, body);
        return { status: published.created ? 201 : 200, body: { ...page(published), created: published.created } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/flows/validate',
      summary: 'Check a flow without publishing it',
      permission: 'flow.read',
      audit: { none: 'It changes nothing.' },
      loader: 'collection',
      body: publishFlow,
      maxBodyBytes: 2_000_000,
      responses: { 200: validation },
      async handle({ tenant, body }) {
        const compiled = await compileSource(parts, tenant, body);
        if (!compiled.ok) return { status: 200, body: { ok: false, errors: compiled.errors } };
        const addresses = compiled.unfetched.map(({ address }) => address);
        return { status: 200, body: { ok: true, errors: [], ...(addresses.length > 0 && { fetchedAtPublishing: addresses }) } };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/flows/{namespace}/{name}',
      summary: 'Delete a flow or one version of it',
      permission: 'flow.write',
      audit: { action: 'flow.delete' },
      params: named,
      query: versionQuery,
      loader: async (tenant, { namespace, name }) => ((await reads.versions(tenant, namespace, name)).length > 0 ? { namespace, name } : undefined),
      responses: { 204: undefined },
      async handle({ tenant, resource, query }) {
        const gone = await unpublish(database, tenant, { ...resource, version: query.version }, parts.node.timeMs());
        announce(parts, tenant, resource);
        if (gone === 0) throw new PalaceError('not-found', { detail: `There is no version ${query.version} of this flow.` });
        return { status: 204 };
      },
    }),
  ];
}

function reading({ reads }: FlowParts): Route[] {
  let schema: z.input<typeof flowSchema> | undefined;
  return [
    route({
      method: 'get',
      path: '/v1/flows/schema',
      summary: 'The JSON Schema of flows, for editors',
      permission: 'flow.read',
      loader: 'collection',
      responses: { 200: flowSchema },
      handle: () => Promise.resolve({ status: 200, body: (schema ??= editorSchema()) }),
    }),
    route({
      method: 'get',
      path: '/v1/flows',
      summary: 'List flows, the latest version of each, with its last run',
      permission: 'flow.read',
      loader: 'collection',
      query: listFlows,
      responses: { 200: listedFlows },
      async handle({ tenant, query }) {
        const { items, next } = await reads.flows(tenant, query);
        return { status: 200, body: { items: items.map(listed), ...(next !== undefined && { next }) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/flows/{namespace}/{name}',
      summary: 'One version of a flow, the latest without ?version',
      permission: 'flow.read',
      params: named,
      query: versionQuery,
      loader: async (tenant, { namespace, name }) => ((await reads.versions(tenant, namespace, name)).length > 0 ? { namespace, name } : undefined),
      responses: { 200: flowDetail },
      async handle({ tenant, resource, query }) {
        const found = await reads.flow(tenant, resource.namespace, resource.name, query.version);
        if (found === undefined) throw new PalaceError('not-found', { detail: `There is no version ${query.version} of this flow.` });
        return {
          status: 200,
          body: { ...page(found), source: found.source, document: found.document, ...(found.fetched !== undefined && { fetched: [...found.fetched] }) },
        };
      },
    }),
    route({
      method: 'get',
      path: '/v1/flows/{namespace}/{name}/versions',
      summary: 'The versions of a flow, newest first',
      permission: 'flow.read',
      params: named,
      loader: async (tenant, { namespace, name }) => {
        const versions = await reads.versions(tenant, namespace, name);
        return versions.length > 0 ? versions : undefined;
      },
      responses: { 200: flowList },
      async handle({ resource }) {
        return { status: 200, body: { items: resource.map(page) } };
      },
    }),
  ];
}
