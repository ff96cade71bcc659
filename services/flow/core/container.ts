// `run: {container}`: what an image may be called, and the argument lists of a program that understands Docker's (podman, docker).
// I1 Every word that a flow gives stands where the program reads no option: behind `=`, or behind the image.
// I2 A container has no capabilities, no network but the operator's, a root that it cannot write to, and bounds on memory, processors and
//    processes. What it was given in its environment stands in a file of its own, never in an argument that others can list.
// I3 Its name follows from the effect key: a repetition finds what the attempt before left.
// I4 `CONTAINER_LABEL` says until when it may be there: what its server did not live to remove is removed by the next one.
import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '@palace/jq/json.ts';
import { processInput } from './process.ts';

export const MAX_IMAGE_LENGTH = 512;
const NAME = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;
const HOST = /^[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,128}$/;

/** HOST/PATH:TAG@DIGEST, all but the path optional. Nothing that begins like an option, and no path of a file. */
export function isImage(text: string): boolean {
  if (text.length > MAX_IMAGE_LENGTH) return false;
  const [rest = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return false;
  const tagAt = rest.lastIndexOf(':');
  const hasTag = tagAt > rest.lastIndexOf('/');
  if (hasTag && !TAG.test(rest.slice(tagAt + 1))) return false;
  const parts = (hasTag ? rest.slice(0, tagAt) : rest).split('/');
  const [first = '', ...others] = parts;
  return others.length === 0 ? NAME.test(first) : HOST.test(first) && others.every((part) => NAME.test(part));
}

/** An absolute path without `.` and `..`, and without what separates parts of a mount. */
export const isFolder = (text: string): boolean =>
  text.length <= 1_000 && /^(?:\/[^/:,"\p{Cc}]+)+$/u.test(text) && !text.split('/').some((part) => part === '.' || part === '..');

export interface ContainerBounds {
  readonly network: string;
  readonly memoryBytes: number;
  readonly cpuPercent: number;
  readonly processes: number;
  readonly tmpBytes: number;
}

export interface Mount {
  readonly host: string;
  readonly inside: string;
}

/** Folders of the host by folders of the container, as the step has them. */
export function mountsOf(args: Json): readonly Mount[] {
  const volumes = isObject(args) ? args['volumes'] : undefined;
  return isObject(volumes) ? Object.entries(volumes).map(([host, inside]) => ({ host, inside: String(inside) })) : [];
}

export const imageOf = (args: Json): string => textIn(args, 'image') ?? '';

export const CONTAINER_LABEL = 'agentspalace.until';
const PULL: Readonly<Record<string, string>> = { ifNotPresent: 'missing', always: 'always', never: 'never' };
const MAX_LABEL_LENGTH = 200;

/** The key may be of any form; a name has few letters. */
export const containerName = (key: string): string => `palace-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;

export interface ContainerRequest {
  readonly key: string;
  readonly args: Json;
  /** The step's `command`; without one the image's own is run. */
  readonly command: string | undefined;
  readonly environmentFile: string;
  readonly untilMs: number;
  readonly bounds: ContainerBounds;
  /** Of a mount that may only be read. */
  readonly isReadOnly: (mount: Mount) => boolean;
}

export function createArguments({ key, args, command, environmentFile, untilMs, bounds, isReadOnly }: ContainerRequest): string[] {
  const { arguments: words } = processInput(args);
  const label = textIn(args, 'name');
  return [
    'create',
    `--name=${containerName(key)}`,
    `--label=${CONTAINER_LABEL}=${untilMs}`,
    ...(label === undefined ? [] : [`--label=agentspalace.name=${label.replaceAll(/\p{Cc}/gu, ' ').slice(0, MAX_LABEL_LENGTH)}`]),
    `--pull=${PULL[textIn(args, 'pullPolicy') ?? ''] ?? 'missing'}`,
    `--network=${bounds.network}`,
    '--read-only',
    `--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=${bounds.tmpBytes}`,
    '--cap-drop=all',
    '--security-opt=no-new-privileges',
    `--memory=${bounds.memoryBytes}b`,
    `--memory-swap=${bounds.memoryBytes}b`,
    `--cpus=${bounds.cpuPercent / 100}`,
    `--pids-limit=${bounds.processes}`,
    // What it writes is read as it comes, under our own bound, and kept nowhere else.
    '--log-driver=none',
    // Who removes it by force has no time for its farewell.
    '--stop-signal=KILL',
    `--env-file=${environmentFile}`,
    ...mountsOf(args).map((mount) => `--mount=type=bind,source=${mount.host},target=${mount.inside}${isReadOnly(mount) ? ',readonly' : ''}`),
    ...(hasInput(args) ? ['--interactive'] : []),
    ...(command === undefined ? [] : ['--entrypoint=/bin/sh']),
    imageOf(args),
    ...(command === undefined ? [] : ['-c', command, 'sh']),
    ...words,
  ];
}

export const startArguments = ({ key, args }: Pick<ContainerRequest, 'key' | 'args'>): string[] => [
  'start',
  '--attach',
  ...(hasInput(args) ? ['--interactive'] : []),
  containerName(key),
];
export const stateArguments = (key: string): string[] => ['container', 'inspect', '--format={{json .State}}', containerName(key)];
export const removeArguments = (names: readonly string[]): string[] => ['rm', '--force', ...names];
/** Names and moments of those that any server of ours has made. */
export const listArguments = (): string[] => ['ps', '--all', '--quiet', `--filter=label=${CONTAINER_LABEL}`];
export const momentsArguments = (ids: readonly string[]): string[] => [
  'container',
  'inspect',
  `--format={{.Id}} {{index .Config.Labels "${CONTAINER_LABEL}"}}`,
  ...ids,
];

/** Of the answer to `momentsArguments`, those whose time is over. */
export function overdueOf(listed: string, nowMs: number): string[] {
  return listed.split('\n').flatMap((line) => {
    const [, id, until] = /^([0-9a-f]{12,64}) (\d{1,16})$/.exec(line.trim()) ?? [];
    return id !== undefined && Number(until) < nowMs ? [id] : [];
  });
}

/** The longest line that these programs read from a file. */
const MAX_LINE_LENGTH = 32_768;

/** The environment, a line each. `wrong`: the name of a variable that no line can hold. */
export function environmentText(args: Json): { readonly text: string } | { readonly wrong: string } {
  const entries = Object.entries(processInput(args).environment);
  const wrong = entries.find(([, value]) => /[\r\n\0]/.test(value) || Buffer.byteLength(value) > MAX_LINE_LENGTH)?.[0];
  return wrong === undefined ? { text: entries.map(([name, value]) => `${name}=${value}\n`).join('') } : { wrong };
}

export interface ContainerState {
  readonly started: boolean;
  readonly killedForMemory: boolean;
}

/** Of the answer to `stateArguments`; undefined when it tells nothing. */
export function containerState(text: string): ContainerState | undefined {
  try {
    const state = JSON.parse(text) as JsonObject;
    const startedAt = state['StartedAt'];
    if (typeof startedAt !== 'string') return undefined;
    return { started: Date.parse(startedAt) > 0, killedForMemory: state['OOMKilled'] === true };
  } catch {
    return undefined;
  }
}

const hasInput = (args: Json): boolean => isObject(args) && args['stdin'] !== undefined;

function textIn(args: Json, key: string): string | undefined {
  const value = isObject(args) ? args[key] : undefined;
  return value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
}
