// Who is being addressed, from where, and by whom: Host, Origin, path and client address, judged before routing.
// I1 Host must name this server, on loopback too: a page that rebinds its DNS name to 127.0.0.1 gets 421 (S15).
// I2 A foreign Origin gets 403 on every method and every route, streams included (S14). What a cookie may do is narrower still: people/channel.ts.
// I3 A path has one spelling. Double slashes, dot segments, encoded slashes, semicolons, upper case: 404 whoever asks (S06).
// I4 Forwarding headers count only when the peer itself is a configured proxy (S05).
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { PalaceError } from '@palace/platform/errors.ts';
import type { GatewaySettings } from './settings.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const HOST = /^([a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/;
const ODD_PATH = /\/\/|\/\.{1,2}(?:\/|$)|[;\\]|%(?:2f|5c|00|25|2e|3b)/i;

export interface HostRules {
  /** Behind the gateway every request is signed: no browser can, so Host and Origin say nothing there. */
  readonly anyHost?: boolean;
  readonly publicUrl: string | undefined;
  readonly settings: Pick<GatewaySettings, 'allowedHosts' | 'allowedOrigins' | 'trustedProxies'>;
}

/** What the checks found out about the request. */
export interface Caller {
  /** Canonical text of the client's address. */
  readonly address: string;
  /** What rates are counted by: an IPv4 address, or the /64 of an IPv6 one. */
  readonly rateKey: string;
  /** True when the client sits on this machine and nobody forwarded for it. */
  readonly loopback: boolean;
}

export class HostGuard {
  private readonly anyHost: boolean;
  private readonly hosts: Set<string>;
  private readonly origins: Set<string>;
  private readonly publicProtocol: string | undefined;
  private readonly publicOrigin: string | undefined;
  private readonly proxies: BlockList | undefined;
  private readonly peers = new WeakMap<Socket, Caller>();

  constructor(rules: HostRules) {
    this.anyHost = rules.anyHost === true;
    const publicUrl = rules.publicUrl === undefined ? undefined : new URL(rules.publicUrl);
    this.hosts = new Set([...LOOPBACK_NAMES, ...rules.settings.allowedHosts.map((host) => host.toLowerCase())]);
    if (publicUrl !== undefined) this.hosts.add(publicUrl.hostname);
    this.publicProtocol = publicUrl?.protocol;
    this.publicOrigin = publicUrl?.origin;
    this.origins = new Set(rules.settings.allowedOrigins.map((origin) => new URL(origin).origin));
    this.proxies = rules.settings.trustedProxies.length === 0 ? undefined : blockList(rules.settings.trustedProxies);
  }

  /** Throws unless the request may be routed at all. */
  check(request: IncomingMessage, maxUrlBytes: number): void {
    if (!this.anyHost) {
      this.checkHost(request);
      this.checkOrigin(request);
    }
    checkPath(request.url ?? '', maxUrlBytes);
  }

  /** The origin to name in CORS headers: only one that was configured, never the caller's word for it. */
  corsOrigin(request: IncomingMessage): string | undefined {
    const origin = request.headers.origin;
    return origin !== undefined && this.origins.has(origin) ? origin : undefined;
  }

  callerOf(request: IncomingMessage): Caller {
    const socket = request.socket;
    let peer = this.peers.get(socket);
    if (peer === undefined) {
      peer = callerAt(canonicalAddress(socket.remoteAddress ?? ''));
      this.peers.set(socket, peer);
    }
    const forwarded = request.headers['x-forwarded-for'];
    if (this.proxies !== undefined && contains(this.proxies, peer.address)) return this.behindProxy(peer, forwarded);
    // A loopback peer that forwards for somebody is a proxy nobody configured: its word is ignored, and so is its place.
    const forwards = forwarded !== undefined || request.headers.forwarded !== undefined || request.headers.via !== undefined;
    return peer.loopback && forwards ? { ...peer, loopback: false } : peer;
  }

  /** From the right, the first address that is no proxy of ours: everything left of it is the client's own claim. */
  private behindProxy(peer: Caller, forwarded: string | string[] | undefined): Caller {
    const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',').map((hop) => canonicalAddress(hop.trim()));
    for (const hop of hops.reverse().slice(0, 16)) {
      if (isIP(hop) === 0) break;
      if (this.proxies !== undefined && !contains(this.proxies, hop)) return { ...callerAt(hop), loopback: false };
    }
    return { ...peer, loopback: false };
  }

  private checkHost(request: IncomingMessage): void {
    const text = request.headers.host?.toLowerCase() ?? '';
    const parts = HOST.exec(text);
    const name = parts?.[1];
    if (name === undefined || repeats(request.rawHeaders, 'host')) throw new PalaceError('request.host');
    if (this.hosts.has(name)) return;
    // Health checks of an orchestrator use the address itself. An address is never a rebound name.
    const address = name.startsWith('[') ? name.slice(1, -1) : name;
    if (isIP(address) !== 0 && canonicalAddress(address) === canonicalAddress(request.socket.localAddress ?? '')) return;
    throw new PalaceError('request.host');
  }

  private checkOrigin(request: IncomingMessage): void {
    const { origin, host } = request.headers;
    if (origin !== undefined) {
      if (this.origins.has(origin) || this.isOwnOrigin(origin, host ?? '')) return;
      throw new PalaceError('request.origin');
    }
    const site = request.headers['sec-fetch-site'];
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (!reads && (site === 'cross-site' || site === 'same-site')) throw new PalaceError('request.origin');
  }

  private isOwnOrigin(origin: string, host: string): boolean {
    // A proxy in front may call us by another name than the browser does.
    if (origin === this.publicOrigin) return true;
    const own = host.toLowerCase();
    if (this.publicProtocol !== undefined && origin === `${this.publicProtocol}//${own}`) return true;
    return origin === `http://${own}` || (this.publicProtocol === undefined && origin === `https://${own}`);
  }
}

function checkPath(url: string, maxUrlBytes: number): void {
  if (url.length > maxUrlBytes) throw new PalaceError('request.too-large', { detail: `A URL has at most ${maxUrlBytes} bytes.` });
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  if (path.charCodeAt(0) !== 47 || ODD_PATH.test(path)) throw new PalaceError('not-found');
  if (!path.includes('%')) return;
  try {
    decodeURIComponent(path);
  } catch {
    throw new PalaceError('not-found');
  }
}

function repeats(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at]!;
    if (header.length === name.length && header.toLowerCase() === name) count += 1;
  }
  return count > 1;
}

function callerAt(address: string): Caller {
  const loopback = address === '::1' || (address.startsWith('127.') && isIP(address) === 4);
  const rateKey = isIP(address) === 6 && !loopback ? `${expandedGroups(address).slice(0, 4).join(':')}::/64` : address;
  return { address, rateKey, loopback };
}

/** One spelling an address: IPv4-mapped as IPv4, IPv6 compressed and lower case, no zone. */
export function canonicalAddress(text: string): string {
  const bare = text.replace(/%.*$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 6) return bare;
  const compressed = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(compressed);
  if (mapped === null) return compressed;
  const high = Number.parseInt(mapped[1]!, 16);
  const low = Number.parseInt(mapped[2]!, 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function expandedGroups(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  return tail === undefined ? left : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(address) === 0) throw new PalaceError('boot.config', { detail: `"${range}" is not an address range.` });
    list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
  }
  return list;
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
