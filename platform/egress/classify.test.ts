import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { type AddressClass, classifyAddress, isAllowable, isMetadataName } from './classify.ts';

const TABLE: readonly (readonly [AddressClass, readonly string[]])[] = [
  [
    'public',
    [
      '1.1.1.1',
      '8.8.8.8',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.0',
      '169.253.255.255',
      '169.255.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '191.255.255.255',
      '192.0.1.0',
      '192.0.3.0',
      '192.88.98.255',
      '192.88.100.0',
      '192.167.255.255',
      '192.169.0.0',
      '198.17.255.255',
      '198.20.0.0',
      '198.51.99.255',
      '198.51.101.0',
      '203.0.112.255',
      '203.0.114.0',
      '223.255.255.255',
      '168.63.129.15',
      '168.63.129.17',
      '2606:4700:4700::1111',
      '2001:4860:4860::8888',
      '2001:200::1',
      '2003::1',
      '2a00::',
      '3ffe::1',
      '3fff:1000::',
      '64:ff9b::8.8.8.8',
      '::ffff:1.1.1.1',
    ],
  ],
  [
    'loopback',
    ['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1', '::127.0.0.1', '64:ff9b::127.0.0.1', '2002:7f00:1::', '::ffff:0:127.0.0.1'],
  ],
  [
    'private',
    [
      '10.0.0.0',
      '10.255.255.255',
      '172.16.0.0',
      '172.31.255.255',
      '192.168.0.0',
      '192.168.255.255',
      '100.64.0.0',
      '100.127.255.255',
      'fc00::',
      'fdff:ffff::',
      'fec0::1',
      'feff:ffff::',
      '::ffff:10.0.0.1',
      '::10.0.0.1',
      '64:ff9b::192.168.0.1',
      '64:ff9b:1::8.8.8.8',
      '2002:a00:1::',
      '2606:4700::5efe:10.0.0.1',
    ],
  ],
  ['link-local', ['169.254.0.1', '169.254.255.255', 'fe80::', 'febf:ffff::', '::ffff:169.254.1.1', '2002:a9fe:101::', 'fe80::1%eth0']],
  [
    'metadata',
    [
      '169.254.169.254',
      '169.254.170.2',
      '169.254.170.23',
      '168.63.129.16',
      '100.100.100.200',
      '192.0.0.192',
      'fd00:ec2::254',
      'fd20:ce::254',
      'fe80::a9fe:a9fe',
      '::ffff:169.254.169.254',
      '::169.254.169.254',
      '64:ff9b::168.63.129.16',
      '64:ff9b:1:a9fe:a9:fe00::',
      '2002:a9fe:a9fe::',
    ],
  ],
  [
    'reserved',
    [
      '0.0.0.0',
      '0.255.255.255',
      '192.0.0.1',
      '192.0.2.1',
      '192.31.196.1',
      '192.52.193.1',
      '192.88.99.1',
      '192.175.48.1',
      '198.18.0.0',
      '198.19.255.255',
      '198.51.100.1',
      '203.0.113.1',
      '240.0.0.0',
      '255.255.255.255',
      '::',
      '::8.8.8.8',
      '::ffff:0:8.8.8.8',
      '2002:808:808::',
      '100::1',
      '100:0:0:1::1',
      '2001::1',
      '2001:1ff:ffff::',
      '2001:db8::1',
      '2620:4f:8000::1',
      '3fff::1',
      '5f00::1',
      '1::1',
      '4000::',
      'fb00::',
      '::1%lo',
      '2606:4700::1%eth0',
      'not-an-address',
      '',
      '127.1',
      '0x7f000001',
      '127.0.0.1:80',
      '[::1]',
      '1.2.3.4/8',
    ],
  ],
  ['multicast', ['224.0.0.0', '239.255.255.255', 'ff00::', 'ff02::1', 'ffff::1', '::ffff:224.0.0.1']],
];

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'));
const hex = (value: number): string => value.toString(16);

describe('classifyAddress', () => {
  for (const [kind, addresses] of TABLE) {
    test(`calls each of ${addresses.length} known ${kind} addresses ${kind}`, () => {
      expect(addresses.map((address) => [address, classifyAddress(address)])).toEqual(addresses.map((address) => [address, kind]));
    });
  }

  test('gives an IPv4 address the same class in every way of writing it inside IPv6', () => {
    fc.assert(
      fc.property(octets, (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const tail = `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
        const kind = classifyAddress(address);
        for (const form of [`::ffff:${address}`, `::ffff:${tail}`, `0:0:0:0:0:ffff:${tail}`, `::FFFF:${address}`, `64:ff9b::${address}`])
          expect(classifyAddress(form)).toBe(kind);
        if (kind === 'public') return;
        for (const form of [`::ffff:0:${address}`, `2002:${tail}::1`, `64:ff9b::${tail}`]) expect(classifyAddress(form)).toBe(kind);
      }),
      { verbose: true },
    );
  });

  test('never calls public what a general library calls special', () => {
    fc.assert(
      fc.property(octets, (address) => {
        if (ipaddr.parse(address).range() !== 'unicast') expect(classifyAddress(address)).not.toBe('public');
      }),
      { verbose: true, numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const range = ipaddr.parse(address).range();
        if (range !== 'unicast' && range !== 'rfc6052' && range !== 'ipv4Mapped') expect(classifyAddress(address)).not.toBe('public');
      }),
      { verbose: true, numRuns: 2_000 },
    );
  });

  test('calls no text public that is not an address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!ipaddr.isValid(text)) expect(classifyAddress(text)).toBe('reserved');
      }),
      { verbose: true },
    );
  });

  test('lets rules open loopback and private addresses only', () => {
    const kinds = TABLE.map(([kind]) => kind);
    expect(kinds.filter(isAllowable)).toEqual(['loopback', 'private']);
    expect(isMetadataName('metadata.google.internal')).toBe(true);
    expect(isMetadataName('example.com')).toBe(false);
  });
});
