// What may be called an image or a folder, what allows them, and the argument list of a container: nothing of a flow becomes an option.
import type { Json } from '@palace/jq/json.ts';
import { describe, expect, it } from 'vitest';
import { allowsFolder, allowsImage, folderEntryMistake, imageEntryMistake } from './allowed-processes.ts';
import { containerName, containerState, createArguments, environmentText, isFolder, isImage, overdueOf, startArguments } from './container.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('an image', () => {
  it.each([
    'alpine',
    'alpine:3.22',
    'hello-world',
    'library/alpine',
    'docker.io/library/alpine:3',
    'localhost:5000/a/b_c:V1.2',
    `ghcr.io/a/b@${DIGEST}`,
    `a:1@${DIGEST}`,
  ])('%s is one', (text) => expect(isImage(text)).toBe(true));
  it.each([
    '',
    ' ',
    '--privileged',
    '-v',
    'Alpine',
    'a b',
    'a\nb',
    'alpine:',
    'alpine:-x',
    'dir:/etc',
    'docker-archive:/tmp/x.tar',
    'docker://alpine',
    'oci-archive:../x',
    '../alpine',
    'a//b',
    '/a',
    'a/',
    'a@sha256:12',
    `a@${DIGEST}@${DIGEST}`,
    'a'.repeat(600),
  ])('"%s" is none', (text) => expect(isImage(text)).toBe(false));

  it('of a hostile length and form is judged at once', () => {
    for (const text of ['a-'.repeat(250), 'a.'.repeat(250), `${'a/'.repeat(250)}!`, `${'a__'.repeat(160)}!`]) expect(isImage(text)).toBe(false);
  });
});

describe('an allowance', () => {
  const images = ['ops=alpine', 'acme/sales=ghcr.io/acme/*', 'ops=redis:*', 'ops=pinned@*'];
  const allows = (tenant: string, namespace: string, image: string): boolean => allowsImage({ images, folders: [] }, { tenant, namespace }, image);

  it('is for its namespace and its very image, or for what a star stands for', () => {
    expect(allows('any', 'ops', 'alpine')).toBe(true);
    expect(allows('any', 'ops', 'alpine:3')).toBe(false);
    expect(allows('any', 'sales', 'alpine')).toBe(false);
    expect(allows('acme', 'sales', 'ghcr.io/acme/tool:2')).toBe(true);
    expect(allows('other', 'sales', 'ghcr.io/acme/tool:2')).toBe(false);
    expect(allows('acme', 'sales', 'ghcr.io/acme-evil/tool')).toBe(false);
    expect(allows('acme', 'sales', 'ghcr.io/acme/../evil')).toBe(false);
    expect(allows('any', 'ops', 'redis:8')).toBe(true);
    expect(allows('any', 'ops', `pinned@${DIGEST}`)).toBe(true);
  });

  it('for a folder is for that folder, as it is written', () => {
    const folders = ['ops=/srv/data', 'acme/ops=/srv/read:ro'];
    const way = (tenant: string, host: string, inside = '/data') => allowsFolder({ images: [], folders }, { tenant, namespace: 'ops' }, { host, inside });
    expect(way('any', '/srv/data')).toBe('write');
    expect(way('acme', '/srv/read')).toBe('read');
    expect(way('any', '/srv/read')).toBeUndefined();
    for (const host of ['/srv/data/', '/srv/data/..', '/srv', '/srv/data/sub', 'srv/data', '/srv/read:ro']) expect(way('acme', host)).toBeUndefined();
    for (const inside of ['data', '/a:b', '/a,readonly=false', '/..']) expect(way('any', '/srv/data', inside)).toBeUndefined();
  });

  it.each([
    ['alpine', /must be NAMESPACE=IMAGE/],
    ['=alpine', /must be NAMESPACE=IMAGE/],
    ['a/b/c=alpine', /must be NAMESPACE=IMAGE/],
    ['ops=docker.io*', /follows "\/", ":" or "@"/],
    ['ops=*', /follows/],
    ['ops=--privileged', /names no image/],
    ['ops=Upper/*', undefined],
  ])('of an image written %s', (entry, mistake) => {
    const told = imageEntryMistake(entry);
    if (mistake === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(mistake);
  });

  it('of a folder is one absolute path', () => {
    expect(folderEntryMistake('ops=/srv/data')).toBeUndefined();
    expect(folderEntryMistake('ops=/srv/data:ro')).toBeUndefined();
    for (const entry of ['/srv', 'ops=srv', 'ops=/', 'ops=/srv/../etc', 'ops=/a:rw']) expect(folderEntryMistake(entry)).toBeDefined();
  });
});

describe('the arguments', () => {
  const list = (args: { readonly [key: string]: Json }, command?: string): string[] =>
    createArguments({
      key: 'k',
      args,
      command,
      environmentFile: '/own/environment',
      untilMs: 1_700_000_000_000,
      bounds: { network: 'none', memoryBytes: 1_000, cpuPercent: 50, processes: 7, tmpBytes: 10 },
      isReadOnly: () => true,
    });

  it('shut the container in, and put the words of the flow behind its image', () => {
    const args = {
      image: 'alpine',
      name: '--rm\n--privileged',
      arguments: ['--cap-add=all', { a: 1 }],
      stdin: 'x',
      volumes: { '/srv': '/data' },
      pullPolicy: 'always',
    };
    expect(list(args, 'echo $1')).toEqual([
      'create',
      `--name=${containerName('k')}`,
      '--label=agentspalace.until=1700000000000',
      '--label=agentspalace.name=--rm --privileged',
      '--pull=always',
      '--network=none',
      '--read-only',
      '--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=10',
      '--cap-drop=all',
      '--security-opt=no-new-privileges',
      '--memory=1000b',
      '--memory-swap=1000b',
      '--cpus=0.5',
      '--pids-limit=7',
      '--log-driver=none',
      '--stop-signal=KILL',
      '--env-file=/own/environment',
      '--mount=type=bind,source=/srv,target=/data,readonly',
      '--interactive',
      '--entrypoint=/bin/sh',
      'alpine',
      '-c',
      'echo $1',
      'sh',
      '--cap-add=all',
      '{"a":1}',
    ]);
  });

  it('of a container without command and input end with the image and its arguments', () => {
    expect(list({ image: 'alpine', arguments: ['ls'] }).slice(-2)).toEqual(['alpine', 'ls']);
    expect(list({ image: 'alpine' })).not.toContain('--interactive');
    expect(startArguments({ key: 'k', args: { stdin: '' } })).toEqual(['start', '--attach', '--interactive', containerName('k')]);
  });

  it('hold nothing of the environment, which is a file of one line each', () => {
    const args = { image: 'alpine', environment: { KEY: 'visible-fake', N: 1 } };
    expect(list(args).join(' ')).not.toContain('visible-fake');
    expect(environmentText(args)).toEqual({ text: 'KEY=visible-fake\nN=1\n' });
    for (const value of ['a\nB=c', 'a\r', 'a\0', 'x'.repeat(40_000)]) expect(environmentText({ environment: { KEY: value } })).toEqual({ wrong: 'KEY' });
  });

  it('name the container after the key, whatever that is', () => {
    expect(containerName('k')).toMatch(/^palace-[0-9a-f]{32}$/);
    expect(containerName('../k')).not.toBe(containerName('k'));
    for (const path of ['/', '', 'a', '/a/../b', '/a,b', '/a:b']) expect(isFolder(path)).toBe(false);
  });
});

describe('what the program answers', () => {
  it('tells a container that began from one that never did', () => {
    expect(containerState('{"StartedAt":"0001-01-01T00:00:00Z","OOMKilled":false}')).toEqual({ started: false, killedForMemory: false });
    expect(containerState('{"StartedAt":"2026-11-26T01:09:03.67Z","OOMKilled":true}')).toEqual({ started: true, killedForMemory: true });
    for (const text of ['', 'null', '{}', 'Error: no such container']) expect(containerState(text)).toBeUndefined();
  });

  it('names those whose time is over, and nobody else', () => {
    const id = 'ab'.repeat(32);
    expect(overdueOf(`${id} 100\nabcdefabcdef 300\n--all 100\n${id} x\n`, 200)).toEqual([id]);
  });
});
