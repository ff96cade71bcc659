// /v1/flows: publish, look up, list, delete. A definition is inert: nothing here runs or opens anything.
import { PalaceError } from '@palace/platform/errors.ts';
import { route, type Route } from '@palace/gateway/contract.ts';
import { z } from 'zod';
import { flowDetail, flowList, flowVersion, listFlows, publishFlow, validation } from '../contract.ts';
import type { CompileOptions } from '../core/compile.ts';
import { announce, type FlowParts } from '../parts.ts';
import type { Definition } from '../store/port.ts';
import { publish, unpublish } from '../store/publish.ts';

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

export const definitionRoutes = (parts: FlowParts): Route[] => [...writing(parts), ...reading(parts)];

const optionsOf = ({ sourceName }: { readonly sourceName?: string | undefined }): CompileOptions => (sourceName === undefined ? {} : { sourceName });

function writing(parts: FlowParts): Route[] {
  const { reads, compiler } = parts;
  const { database } = parts.platform;
  return [
    route({
      method: 'post',
      path: '/v1/flows',
      summary: 'Publish a version of a flow',
      permission: 'flow.write',
      loader: 'collection',
      body: publishFlow,
      maxBodyBytes: 2_000_000,
      responses: { 200: flowVersion, 201: flowVersion },
      async handle({ tenant, body }) {
        const compiled = await compiler.compile(tenant, body.source, optionsOf(body));
        const published = await publish(database, tenant, body.source, compiled, parts.node.timeMs());
        announce(parts, tenant, published);
        return { status: published.created ? 201 : 200, body: { ...page(published), created: published.created } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/flows/validate',
      summary: 'Check a flow without publishing it',
      permission: 'flow.read',
      loader: 'collection',
      body: publishFlow,
      maxBodyBytes: 2_000_000,
      responses: { 200: validation },
      async handle({ tenant, body }) {
        const compiled = await compiler.compile(tenant, body.source, optionsOf(body));
        return { status: 200, body: compiled.ok ? { ok: true, errors: [] } : { ok: false, errors: compiled.errors } };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/flows/{namespace}/{name}',
      summary: 'Delete a flow or one version of it',
      permission: 'flow.write',
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
  return [
    route({
      method: 'get',
      path: '/v1/flows',
      summary: 'List flows, the latest version of each',
      permission: 'flow.read',
      loader: 'collection',
      query: listFlows,
      responses: { 200: flowList },
      async handle({ tenant, query }) {
        const { items, next } = await reads.flows(tenant, query);
        return { status: 200, body: { items: items.map(page), ...(next !== undefined && { next }) } };
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
        return { status: 200, body: { ...page(found), source: found.source, document: found.document } };
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
