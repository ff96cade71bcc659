// What kind of place an IP address is: the deny table of the egress client, complete for both families.
// I1 `public` means: outside every block of the IANA special-purpose registries; IPv6 must lie in 2000::/3 as well.
// I2 An IPv4 address inside an IPv6 one (mapped, compatible, translated, NAT64, 6to4, ISATAP) gets the class of the inner address.
// I3 What cannot be parsed, or carries a zone, is never public.
// Own table because general libraries call 168.63.129.16 and ::127.0.0.1 plain unicast. Called by policy.ts.
import { isIPv4, isIPv6 } from 'node:net';

export type AddressClass = 'public' | 'loopback' | 'private' | 'link-local' | 'metadata' | 'reserved' | 'multicast';

type Row4 = readonly [base: string, bits: number, kind: AddressClass];

// First match wins: single metadata addresses stand before the blocks around them.
const TABLE_4: readonly Row4[] = [
  ['169.254.169.254', 32, 'metadata'], // AWS, GCP, Azure, Oracle, DigitalOcean, OpenStack
  ['169.254.170.2', 32, 'metadata'], // AWS task credentials
  ['169.254.170.23', 32, 'metadata'], // AWS pod identity
  ['169.254.0.23', 32, 'metadata'], // Tencent
  ['168.63.129.16', 32, 'metadata'], // Azure wire server, a globally routable address
  ['100.100.100.200', 32, 'metadata'], // Alibaba, inside the shared address space
  ['192.0.0.192', 32, 'metadata'], // Oracle classic
  ['0.0.0.0', 8, 'reserved'], // this network; Linux dials 0.0.0.0 as loopback
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'], // carrier-grade NAT, overlay networks
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.31.196.0', 24, 'reserved'],
  ['192.52.193.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['192.175.48.0', 24, 'reserved'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'], // with the broadcast address
];

/** How an IPv6 block decides: a class, or the IPv4 address inside it (and the class that a public inner address then gets). */
type Verdict6 = AddressClass | { readonly shift: bigint; readonly publicAs: AddressClass };
type Row6 = readonly [base: string, bits: number, verdict: Verdict6];

const TABLE_6: readonly Row6[] = [
  ['fd00:ec2::254', 128, 'metadata'], // AWS
  ['fd00:ec2::23', 128, 'metadata'], // AWS pod identity
  ['fd20:ce::254', 128, 'metadata'], // GCP
  ['fd00:c1::a9fe:a9fe', 128, 'metadata'], // Oracle
  ['fd00:42::42', 128, 'metadata'], // Scaleway
  ['fe80::a9fe:a9fe', 128, 'metadata'], // OpenStack
  ['::', 128, 'reserved'],
  ['::1', 128, 'loopback'],
  ['::ffff:0:0', 96, { shift: 0n, publicAs: 'public' }], // mapped: the kernel dials the inner address
  ['::ffff:0:0:0', 96, { shift: 0n, publicAs: 'reserved' }], // translated (SIIT)
  ['::', 96, { shift: 0n, publicAs: 'reserved' }], // compatible, deprecated
  ['64:ff9b::', 96, { shift: 0n, publicAs: 'public' }], // NAT64
  ['64:ff9b:1::', 48, 'private'], // local NAT64: see local64 below, the inner address may be worse
  ['100::', 64, 'reserved'],
  ['100:0:0:1::', 64, 'reserved'],
  ['2001::', 23, 'reserved'], // protocol assignments with Teredo, benchmarking, ORCHID
  ['2001:db8::', 32, 'reserved'],
  ['2002::', 16, { shift: 80n, publicAs: 'reserved' }], // 6to4, deprecated
  ['2620:4f:8000::', 48, 'reserved'],
  ['3fff::', 20, 'reserved'],
  ['5f00::', 16, 'reserved'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'private'], // site-local, deprecated
  ['ff00::', 8, 'multicast'],
  ['2000::', 3, 'public'],
];

/** Names that clouds give to their metadata service: refused before they are resolved. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
  'metadata.internal',
]);

const number4 = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const mask4 = (bits: number): number => 2 ** (32 - bits);

const rows4 = TABLE_4.map(([base, bits, kind]) => ({ size: mask4(bits), prefix: Math.floor(number4(base) / mask4(bits)), kind }));
const rows6 = TABLE_6.map(([base, bits, verdict]) => ({ shift: BigInt(128 - bits), prefix: number6(base) >> BigInt(128 - bits), verdict }));
const LOCAL_64 = number6('64:ff9b:1::') >> 80n;

function classify4(value: number): AddressClass {
  for (const row of rows4) if (Math.floor(value / row.size) === row.prefix) return row.kind;
  return 'public';
}

/** Only for text that isIPv6 has accepted. */
function number6(address: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const text = dotted ? `${dotted[1]}${hexGroups(number4(dotted[2] ?? ''))}` : address;
  const [head = '', tail] = text.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...zeros, ...back].reduce((sum, group) => (sum << 16n) + BigInt(Number.parseInt(group, 16)), 0n);
}

const hexGroups = (value: number): string => `${Math.floor(value / 65536).toString(16)}:${(value % 65536).toString(16)}`;

const SEVERITY: readonly AddressClass[] = ['public', 'private', 'loopback', 'multicast', 'reserved', 'link-local', 'metadata'];

/** The one that is refused hardest. */
export const worseClass = (a: AddressClass, b: AddressClass): AddressClass => (SEVERITY.indexOf(a) >= SEVERITY.indexOf(b) ? a : b);

const inner4 = (value: bigint, shift: bigint): AddressClass => classify4(Number((value >> shift) & 0xffffffffn));

// RFC 6052 puts the inner address after a /48 prefix around the byte that must be zero, or, under a longer prefix, in the last 32 bits.
function local64(value: bigint): AddressClass {
  const split = (((value >> 64n) & 0xffffn) << 16n) | ((value >> 40n) & 0xffffn);
  const inside = worseClass(classify4(Number(split)), inner4(value, 0n));
  return worseClass(inside === 'reserved' ? 'private' : inside, 'private');
}

function classify6(value: bigint): AddressClass {
  if (value >> 80n === LOCAL_64) return local64(value);
  const row = rows6.find((candidate) => value >> candidate.shift === candidate.prefix);
  if (row === undefined) return 'reserved';
  if (typeof row.verdict === 'object') {
    const inside = inner4(value, row.verdict.shift);
    return inside === 'public' ? row.verdict.publicAs : inside;
  }
  const isatap = (value >> 32n) & 0xfdffffffn;
  return row.verdict === 'public' && isatap === 0x00005efen ? inner4(value, 0n) : row.verdict;
}

/** The class of an address as a resolver or a URL gives it, without brackets. */
export function classifyAddress(address: string): AddressClass {
  if (isIPv4(address)) return classify4(number4(address));
  const zone = address.indexOf('%');
  if (zone >= 0) return isIPv6(address) && classify6(number6(address.slice(0, zone))) === 'link-local' ? 'link-local' : 'reserved';
  return isIPv6(address) ? classify6(number6(address)) : 'reserved';
}

/** `host` in lower case, without a trailing dot. */
export const isMetadataName = (host: string): boolean => METADATA_NAMES.has(host);

/** Loopback and private addresses open with a rule for the exact host and port; everything else that is not public never does. */
export const isAllowable = (kind: AddressClass): boolean => kind === 'loopback' || kind === 'private';
