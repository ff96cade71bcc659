import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Method, Route } from './contract.ts';
import { RouteTable } from './route-table.ts';

const route = (method: Method, path: string): Route => ({ method, path }) as Route;
const PATHS = [
  '/v1/runs',
  '/v1/runs/{id}',
  '/v1/runs/bulk',
  '/v1/runs/{id}/events',
  '/v1/flows/{namespace}/{name}',
  '/v1/flows/{namespace}/versions',
  '/healthz',
];
const ROUTES = [...PATHS.map((path) => route('get', path)), route('post', '/v1/runs'), route('delete', '/v1/runs/{id}')];
const found = (table: RouteTable, method: string, path: string): unknown => {
  const one = table.find(method, path);
  return one === undefined ? undefined : [one.path, one.route?.method, one.params];
};

test('a literal segment goes before a parameter, whatever the order of declaration', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(ROUTES, { minLength: ROUTES.length }), (routes) => {
      const table = new RouteTable(routes);
      expect(found(table, 'GET', '/v1/runs/bulk')).toEqual(['/v1/runs/bulk', 'get', {}]);
      expect(found(table, 'GET', '/v1/runs/run_1')).toEqual(['/v1/runs/{id}', 'get', { id: 'run_1' }]);
      expect(found(table, 'GET', '/v1/flows/a/versions')).toEqual(['/v1/flows/{namespace}/versions', 'get', { namespace: 'a' }]);
      expect(found(table, 'GET', '/v1/flows/a/b')).toEqual(['/v1/flows/{namespace}/{name}', 'get', { namespace: 'a', name: 'b' }]);
    }),
  );
});

test('paths are compared letter by letter; parameters are one segment, not empty, and decoded', () => {
  const table = new RouteTable(ROUTES);
  for (const path of ['/v1/runs/', '/V1/runs', '/v1//runs', '/v1/runs/a/', '/v1/runs//events', '/v1/runs/a/events/b', '/v1', '/', '', '/v1/ru%6es'])
    expect(found(table, 'GET', path), path).toBeUndefined();
  expect(found(table, 'GET', '/v1/runs/a%20b%C3%BC')).toEqual(['/v1/runs/{id}', 'get', { id: 'a bü' }]);
});

test('HEAD is served as GET; another method finds the path and its Allow, and no route', () => {
  const table = new RouteTable(ROUTES);
  expect(found(table, 'HEAD', '/v1/runs')).toEqual(['/v1/runs', 'get', {}]);
  expect(table.find('PATCH', '/v1/runs')).toMatchObject({ route: undefined, allow: 'GET, HEAD, POST' });
  expect(table.find('POST', '/v1/runs/a')).toMatchObject({ route: undefined, allow: 'DELETE, GET, HEAD' });
});
