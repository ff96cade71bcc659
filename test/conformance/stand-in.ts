// Stand-ins on this machine for the public hosts that the conformance kit calls, and the host map by which calls reach them.
// I1 Features are never edited: `https://HOST/path` goes to the stand-in as `/HOST/path`.
import { recordHttp, type Recorder, type Seen } from '@palace/platform/egress/loopback.ts';
import type { Egress } from '@palace/platform/egress/port.ts';
import type { Json } from '@palace/jq/jq.ts';

const HOSTS = ['petstore.swagger.io', 'httpbin.org'];

export interface StandIn {
  readonly port: number;
  readonly seen: readonly Seen[];
  /** The real client, with the hosts of the kit on this machine. */
  map(real: Egress): Egress;
  close(): Promise<void>;
}

/** `everywhere`: for every public host, with an empty object where the kit asks for nothing. */
export async function openStandIn(everywhere = false): Promise<StandIn> {
  const recorder: Recorder = await recordHttp((request, response) => {
    const [status, body] = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const mapped = (text: string): string => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isMapped = url !== undefined && (HOSTS.includes(url.host) || (everywhere && url.hostname !== '127.0.0.1'));
    return isMapped ? `http://127.0.0.1:${recorder.port}/${url.host}${url.pathname}${url.search}` : text;
  };
  return {
    port: recorder.port,
    seen: recorder.seen,
    map: (real) => ({ request: (request) => real.request({ ...request, url: mapped(request.url) }), close: () => real.close() }),
    close: () => recorder.close(),
  };
}

function answer({ url, headers }: Seen): [number, Json] {
  const { pathname: path, searchParams } = new URL(url, 'http://stand-in');
  const pet = /^\/petstore\.swagger\.io\/v2\/pet\/(\d+)$/.exec(path)?.[1];
  if (pet !== undefined) return [200, { id: Number(pet), name: 'Milou', status: 'available' }];
  if (path === '/petstore.swagger.io/v2/pet/findByStatus')
    return [200, searchParams.getAll('status').map((status, i) => ({ id: i + 1, name: 'Milou', status }))];
  if (path === '/petstore.swagger.io/v2/swagger.json') return [200, SWAGGER];
  const [, user, password] = /^\/httpbin\.org\/basic-auth\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const right = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  if (user !== undefined) return headers['authorization'] === right ? [200, { authenticated: true, user }] : [401, { authenticated: false }];
  return HOSTS.some((host) => path.startsWith(`/${host}/`)) ? [404, { code: 1, type: 'error', message: 'not found' }] : [200, {}];
}

/** As much of the pet store's document as the kit uses, in the words of the real one. */
const SWAGGER: Json = {
  swagger: '2.0',
  info: { title: 'Pets', version: '1.0.7' },
  host: 'petstore.swagger.io',
  basePath: '/v2',
  schemes: ['https', 'http'],
  paths: {
    '/pet/{petId}': {
      get: { operationId: 'getPetById', parameters: [{ name: 'petId', in: 'path', required: true, type: 'integer', format: 'int64' }] },
      post: {
        operationId: 'updatePetWithForm',
        consumes: ['application/x-www-form-urlencoded'],
        parameters: [
          { name: 'petId', in: 'path', required: true, type: 'integer' },
          { name: 'name', in: 'formData', type: 'string' },
        ],
      },
    },
    '/pet/findByStatus': {
      get: {
        operationId: 'findPetsByStatus',
        parameters: [{ name: 'status', in: 'query', required: true, type: 'array', items: { type: 'string' }, collectionFormat: 'multi' }],
      },
    },
  },
};
