// The files of a build that browsers fetch: /_next/static (named by content, kept for ever) and what lies in public/.
// I1 Only a file that was there when the build was opened is served: the path is looked up, never put together.
// I2 A script has the policy of what it is when it runs as a worker: more of our own scripts, and nothing else.
// I3 The client's wish for brotli or gzip is met by a file made with the build; nothing is compressed at a request.
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { PAGE_HEADERS } from './page-policy.ts';

const MAX_FILES = 20_000;
const POLICY = "default-src 'none'; frame-ancestors 'none'";
const WORKER_POLICY = "default-src 'none'; script-src 'self'; frame-ancestors 'none'";
const FOR_EVER = 'public, max-age=31536000, immutable';
const FOR_AN_HOUR = 'public, max-age=3600';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

interface StaticFile {
  readonly file: string;
  readonly bytes: number;
  readonly type: string;
  readonly cache: string;
  /** Encodings that lie beside it, best first. */
  readonly encoded: readonly { readonly name: string; readonly file: string; readonly bytes: number }[];
}

export interface StaticFiles {
  /** False when it is none of them. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

export async function openStaticFiles(folder: string): Promise<StaticFiles> {
  const files = new Map([
    ...(await readFolder(join(folder, 'public'), '/', FOR_AN_HOUR)),
    ...(await readFolder(join(folder, '.next/static'), '/_next/static/', FOR_EVER)),
  ]);
  return {
    serve(path, request, response) {
      const found = files.get(path) ?? files.get(decoded(path));
      if (found === undefined) return false;
      send(found, request, response);
      return true;
    },
  };
}

async function readFolder(folder: string, prefix: string, cache: string): Promise<[string, StaticFile][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.length > MAX_FILES) throw new Error(`${folder} has more than ${MAX_FILES} files.`);
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const bytes = new Map(await Promise.all(paths.map(async (path) => [path, (await stat(path)).size] as const)));
  const own = paths.filter((path) => !(/\.(br|gz)$/.test(path) && bytes.has(path.replace(/\.(br|gz)$/, ''))));
  return own.map((path) => {
    const encoded = ENCODINGS.flatMap(([name, ending]) =>
      bytes.has(path + ending) ? [{ name, file: path + ending, bytes: bytes.get(path + ending) ?? 0 }] : [],
    );
    const url = prefix + path.slice(folder.length + 1).replaceAll(sep, '/');
    return [url, { file: path, bytes: bytes.get(path) ?? 0, type: TYPES[extname(path)] ?? 'application/octet-stream', cache, encoded }];
  });
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function send(found: StaticFile, request: IncomingMessage, response: ServerResponse): void {
  const accepted = acceptedEncodings(String(request.headers['accept-encoding'] ?? ''));
  const encoding = found.encoded.find(({ name }) => accepted.includes(name));
  const { file, bytes } = encoding ?? found;
  response.writeHead(200, [
    ...PAGE_HEADERS.flat(),
    ...['content-security-policy', found.type.startsWith('text/javascript') ? WORKER_POLICY : POLICY],
    ...['cache-control', found.cache, 'content-type', found.type],
    ...['content-length', String(bytes), 'vary', 'accept-encoding'],
    ...(encoding === undefined ? [] : ['content-encoding', encoding.name]),
  ]);
  if (request.method === 'HEAD') return void response.end();
  // A file that is gone cuts the answer short, so that nobody keeps half of it.
  pipeline(createReadStream(file), response, () => undefined);
}

export function acceptedEncodings(header: string): string[] {
  return header.split(',').flatMap((part) => {
    const [name = '', weight = ''] = part.replaceAll(/\s/g, '').toLowerCase().split(';');
    return name === '' || /^q=0(\.0*)?$/.test(weight) ? [] : [name];
  });
}
