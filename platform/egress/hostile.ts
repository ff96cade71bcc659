// Spellings with which others have slipped past address checks. Every one must be refused before a byte is sent.
// `{port}` is a port on which a server listens on every loopback address: reaching it would show. Used by the tests here and by
// anything else that takes a URL from a user.

export interface HostileUrl {
  readonly url: string;
  /** What the spelling hides, or why it is refused. */
  readonly hides: string;
}

const as = (hides: string, urls: readonly string[]): HostileUrl[] => urls.map((url) => ({ url, hides }));

export const HOSTILE_URLS: readonly HostileUrl[] = [
  ...as('loopback, written plainly', [
    'http://127.0.0.1:{port}/', 'http://127.0.0.1:{port}', 'HTTP://127.0.0.1:{port}/', 'http:127.0.0.1:{port}', 'http:/127.0.0.1:{port}/',
    'http:///127.0.0.1:{port}/', 'http://127.0.0.2:{port}/', 'http://127.255.255.254:{port}/', 'http://127.0.0.1:0{port}/',
  ]),
  ...as('loopback in other number bases and lengths', [
    'http://2130706433:{port}/', 'http://0x7f000001:{port}/', 'http://0X7F000001:{port}/', 'http://017700000001:{port}/', 'http://0x7f.1:{port}/',
    'http://0x7f.0x0.0x0.0x1:{port}/', 'http://0177.0.0.1:{port}/', 'http://0177.0000.0000.0001:{port}/', 'http://127.1:{port}/',
    'http://127.0.1:{port}/', 'http://127.0x1:{port}/', 'http://0x7f.0.1:{port}/', 'http://127.0.0.0x1:{port}/', 'http://127.0.0.01:{port}/',
    'http://127.0.00000000.1:{port}/', 'http://00000000177.1:{port}/', 'http://127.000.000.001:{port}/',
  ]),
  ...as('loopback behind dots, escapes, and look-alike characters', [
    'http://127.0.0.1.:{port}/', 'http://127。0。0。1:{port}/', 'http://127．0．0．1:{port}/', 'http://127｡0｡0｡1:{port}/',
    'http://１２７.０.０.１:{port}/', 'http://①②⑦.⓪.⓪.①:{port}/', 'http://%31%32%37.0.0.1:{port}/', 'http://127%2e0%2e0%2e1:{port}/',
    'http://127.0.0.1%2e:{port}/', 'http://%6c%6f%63%61%6c%68%6f%73%74:{port}/', 'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/', 'http://ｌｏｃａｌｈｏｓｔ:{port}/',
    'http://127.0.0.\u00AD1:{port}/', 'http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:{port}/', 'http://0𝗑7f000001:{port}/', 'http://loc\u200Balhost:{port}/', 'http://loc\u00ADalhost:{port}/',
  ]),
  ...as('the name localhost', [
    'http://localhost:{port}/', 'http://LOCALHOST:{port}/', 'http://LocalHost.:{port}/', 'http://localhost:{port}/?@example.com',
    'http://foo.localhost:{port}/', 'http://localhost.localdomain:{port}/', 'http://ip6-localhost:{port}/',
  ]),
  ...as('this network, dialled as loopback by Linux', [
    'http://0:{port}/', 'http://0.0.0.0:{port}/', 'http://0.0:{port}/', 'http://0x0:{port}/', 'http://00000000:{port}/', 'http://0.0.0.1:{port}/',
    'http://0.255.255.255/',
  ]),
  ...as('loopback in IPv6', [
    'http://[::1]:{port}/', 'http://[0:0:0:0:0:0:0:1]:{port}/', 'http://[0000:0000:0000:0000:0000:0000:0000:0001]:{port}/', 'http://[::0001]:{port}/',
    'http://[::]:{port}/', 'http://[0:0:0:0:0:0:0:0]:{port}/',
  ]),
  ...as('an IPv4 address inside an IPv6 one', [
    'http://[::ffff:127.0.0.1]:{port}/', 'http://[::ffff:7f00:1]:{port}/', 'http://[::FFFF:7F00:0001]:{port}/', 'http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/',
    'http://[0000:0000:0000:0000:0000:ffff:7f00:0001]:{port}/', 'http://[::ffff:0.0.0.0]:{port}/', 'http://[::ffff:10.0.0.1]/',
    'http://[::ffff:169.254.169.254]/', 'http://[::ffff:a9fe:a9fe]/', 'http://[::ffff:168.63.129.16]/', 'http://[::127.0.0.1]:{port}/',
    'http://[::7f00:1]:{port}/', 'http://[::10.1.2.3]/', 'http://[::8.8.8.8]/', 'http://[::ffff:0:127.0.0.1]:{port}/', 'http://[::ffff:0:8.8.8.8]/',
    'http://[64:ff9b::127.0.0.1]:{port}/', 'http://[64:ff9b::7f00:1]:{port}/', 'http://[64:ff9b::169.254.169.254]/', 'http://[64:ff9b::10.0.0.1]/',
    'http://[64:ff9b:1::127.0.0.1]/', 'http://[64:ff9b:1:a9fe:a9:fe00::]/', 'http://[64:ff9b:1::8.8.8.8]/', 'http://[2002:7f00:1::]:{port}/',
    'http://[2002:a9fe:a9fe::1]/', 'http://[2002:a00:1::]/', 'http://[2002:808:808::]/', 'http://[2001::1]/', 'http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/',
    'http://[2606:4700::5efe:127.0.0.1]/', 'http://[2606:4700::200:5efe:10.0.0.1]/', 'http://[fe80::5efe:169.254.169.254]/',
  ]),
  ...as('special IPv6 blocks', [
    'http://[fc00::1]/', 'http://[fd00::1]/', 'http://[fdff:ffff::1]/', 'http://[fe80::1]/', 'http://[febf::1]/', 'http://[fec0::1]/', 'http://[feff::1]/',
    'http://[ff02::1]/', 'http://[ff0e::1]/', 'http://[2001:db8::1]/', 'http://[3fff::1]/', 'http://[100::1]/', 'http://[2001:2::1]/', 'http://[2001:10::1]/',
    'http://[2001:20::1]/', 'http://[5f00::1]/', 'http://[1::1]/', 'http://[4000::1]/', 'http://[8000::1]/', 'http://[fd00:ec2::254]/',
    'http://[fd20:ce::254]/', 'http://[fe80::a9fe:a9fe]/',
  ]),
  ...as('IPv6 zones and other malformed literals', [
    'http://[fe80::1%25eth0]/', 'http://[fe80::1%eth0]/', 'http://[::1%25lo]:{port}/', 'http://[::1%lo]:{port}/', 'http://[::1]x:{port}/',
    'http://[::1', 'http://::1:{port}/', 'http://[127.0.0.1]:{port}/', 'http://[:::1]:{port}/', 'http://[::ffff:127.1]:{port}/', 'http://[::ffff:0x7f.0.0.1]:{port}/',
    'http://[v1.fe80::a]/', 'http://[]/',
  ]),
  ...as('metadata services', [
    'http://169.254.169.254/latest/meta-data/', 'http://169.254.169.254:80/', 'https://169.254.169.254/', 'http://2852039166/', 'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/', 'http://0xa9.0xfe.0xa9.0xfe/', 'http://169.254.43518/', 'http://169.16689662/', 'http://169.254.169.254./',
    'http://169。254。169。254/', 'http://425.510.425.510/', 'http://7147006462/', 'http://169.254.170.2/', 'http://169.254.170.23/', 'http://169.254.0.23/',
    'http://168.63.129.16/', 'http://100.100.100.200/', 'http://192.0.0.192/', 'http://metadata.google.internal/computeMetadata/v1/',
    'http://METADATA.google.internal./', 'http://metadata/', 'http://metadata.goog/', 'http://instance-data/', 'http://metadata.tencentyun.com/',
    'http://metadata.google。internal/', 'http://metadata%2egoogle.internal/',
  ]),
  ...as('private, shared, and reserved IPv4 blocks', [
    'http://10.0.0.1/', 'http://10.255.255.255/', 'http://172.16.0.1/', 'http://172.31.255.255/', 'http://192.168.0.1/', 'http://192.168.255.255/',
    'http://100.64.0.1/', 'http://100.127.255.255/', 'http://169.254.0.1/', 'http://192.0.0.1/', 'http://192.0.2.1/', 'http://192.88.99.1/',
    'http://198.18.0.1/', 'http://198.19.255.255/', 'http://198.51.100.1/', 'http://203.0.113.1/', 'http://224.0.0.1/', 'http://239.255.255.255/',
    'http://240.0.0.1/', 'http://255.255.255.255/', 'http://3232235521/', 'http://0xc0a80001/', 'http://10.1/', 'http://192.168.1/', 'http://192.31.196.1/',
    'http://192.52.193.1/', 'http://192.175.48.1/',
  ]),
  ...as('a host hidden by userinfo, backslashes, or odd separators', [
    'http://example.com@127.0.0.1:{port}/', 'http://example.com:80@127.0.0.1:{port}/', 'http://user:pass@example.com/', 'http://@127.0.0.1:{port}/',
    'http://127.0.0.1:{port}#@example.com/', 'http://127.0.0.1:{port}?@example.com/', 'http://127.0.0.1:{port}\\@example.com/',
    'http://example.com\\@127.0.0.1:{port}/', 'http:\\\\127.0.0.1:{port}\\', 'http://example.com%40127.0.0.1:{port}/', 'http://example.com%00.127.0.0.1/',
    'http://127.0.0.1%00.example.com:{port}/', 'http://127.0.0.1%23.example.com:{port}/', 'http://127.0.0.1%2f.example.com:{port}/', 'http://user@[::1]:{port}/',
    'http://127.0.0.1:{port}:80/', 'http://127.0.0.1 :{port}/', 'http://exa mple.com/', 'http://a@b@127.0.0.1:{port}/',
  ]),
  ...as('control characters', [
    'http://127.0.0.1:{port}/\r\nHost: evil', 'ht\ttp://127.0.0.1:{port}/', 'http://127.0.0.1\n:{port}/', 'http://example.com/\u0000', '\u0000http://example.com/',
    'http://example.com/\u007f', 'http://example.com/a\tb',
  ]),
  ...as('another scheme, or no URL', [
    'file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1:{port}/_GET', 'dict://127.0.0.1:{port}/', 'ldap://127.0.0.1/', 'ws://127.0.0.1:{port}/',
    'wss://127.0.0.1:{port}/', 'data:text/plain,hi', 'javascript:alert(1)', 'blob:http://127.0.0.1/x', 'about:blank', 'unix:/var/run/docker.sock',
    'http+unix://%2fvar%2frun%2fdocker.sock/', 'jar:http://127.0.0.1!/', '//127.0.0.1:{port}/', '/etc/passwd', '127.0.0.1:{port}', '', ' ', 'http://', 'http:',
    'http://?', 'http://:{port}/', 'http://127.0.0.1:65536/', 'http://127.0.0.1:-1/', 'http://127.0.0.1:0/', 'https://example.com:0/', 'http://127.0.0.1:x/',
  ]),
  ...as('a host name that is no name', [
    'http://.localhost:{port}/', 'http://localhost..:{port}/', 'http://a..b/', 'http://./', 'http://../', 'http://.../', 'http://xn--/', 'http://256.256.256.256/',
    'http://1.2.3.4.5/', 'http://127.0.0.1.1/', 'http://0x100000000/', 'http://4294967296/', 'http://08.8.8.8/', 'http://example.0x7f/',
    `http://${'a'.repeat(64)}.example/`, `http://${'a.'.repeat(140)}example/`, `http://example.com/${'a'.repeat(17_000)}`,
  ]),
];
