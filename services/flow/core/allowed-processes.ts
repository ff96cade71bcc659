// Which steps a flow may have here: commands and containers only where whoever runs the server allows them.
// Asked when a flow is published and again when the step is performed: the answer may have changed in between.
// I1 An entry is about the namespace it names, of every tenant or of one. What is allowed is compared letter by letter; only a `*` at the
//    end of an image stands for the rest of it.
import type { Json } from '@palace/jq/json.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { Compiled } from './compile.ts';
import { imageOf, isFolder, isImage, mountsOf, type Mount } from './container.ts';
import type { Step, StepOf } from './program.ts';

/** Entries NAMESPACE (of every tenant) or TENANT/NAMESPACE. */
export type ShellAllowance = readonly string[];

/** Entries SCOPE=IMAGE and SCOPE=FOLDER, or FOLDER:ro; a scope is as for commands. */
export interface ContainerAllowance {
  readonly images: readonly string[];
  readonly folders: readonly string[];
}

export interface Allowances {
  readonly shell: ShellAllowance;
  readonly containers: ContainerAllowance;
}

export interface Asking {
  readonly tenant: string;
  readonly namespace: string;
}

const isAbout = (scope: string, { tenant, namespace }: Asking): boolean => scope === namespace || scope === `${tenant}/${namespace}`;

export const allowsShell = (allowed: ShellAllowance, tenant: string, namespace: string): boolean =>
  allowed.some((scope) => isAbout(scope, { tenant, namespace }));

export const shellRefusal = (namespace: string): string => `Commands are not allowed in the namespace "${namespace}" of this server.`;

interface Entry {
  readonly scope: string;
  readonly what: string;
}

function entryOf(text: string): Entry {
  const at = text.indexOf('=');
  return { scope: text.slice(0, Math.max(0, at)), what: text.slice(at + 1) };
}

/** An entry that could never allow anything, or more than its author sees, with the reason. */
export function imageEntryMistake(text: string): string | undefined {
  const { scope, what } = entryOf(text);
  if (!SCOPE.test(scope)) return `"${text}" must be NAMESPACE=IMAGE or TENANT/NAMESPACE=IMAGE`;
  const image = what.endsWith('*') ? what.slice(0, -1) : what;
  if (image !== what && !/[/:@]$/.test(image)) return `"${text}": a "*" follows "/", ":" or "@", so that no other name begins with it`;
  return isImage(image === what ? what : filledIn(image)) ? undefined : `"${text}" names no image`;
}

export function folderEntryMistake(text: string): string | undefined {
  const { scope, what } = entryOf(text);
  if (!SCOPE.test(scope)) return `"${text}" must be NAMESPACE=FOLDER or TENANT/NAMESPACE=FOLDER, with :ro behind it for reading alone`;
  return isFolder(what.replace(/:ro$/, '')) ? undefined : `"${text}" needs an absolute path without "." and ".."`;
}

const SCOPE = /^(?:[^/=\s]+\/)?[^/=\s]+$/;
const filledIn = (prefix: string): string => prefix + (prefix.endsWith('@') ? `sha256:${'0'.repeat(64)}` : 'x');

export const allowsImage = ({ images }: ContainerAllowance, asking: Asking, image: string): boolean =>
  isImage(image) &&
  images.map(entryOf).some(({ scope, what }) => isAbout(scope, asking) && (what.endsWith('*') ? image.startsWith(what.slice(0, -1)) : image === what));

/** How a folder of the host may be used; undefined: not at all. */
export function allowsFolder({ folders }: ContainerAllowance, asking: Asking, { host, inside }: Mount): 'write' | 'read' | undefined {
  if (!isFolder(host) || !isFolder(inside)) return undefined;
  const ways = folders.map(entryOf).filter(({ scope }) => isAbout(scope, asking));
  if (ways.some(({ what }) => what === host)) return 'write';
  return ways.some(({ what }) => what === `${host}:ro`) ? 'read' : undefined;
}

/** Why this container has no place here, and what to set. */
export function containerRefusal(
  allowed: ContainerAllowance,
  asking: Asking,
  args: Json,
): { readonly message: string; readonly suggestion: string } | undefined {
  const { tenant, namespace } = asking;
  const image = imageOf(args);
  if (!allowsImage(allowed, asking, image))
    return {
      message: `Containers of "${image.slice(0, 200)}" are not allowed in the namespace "${namespace}" of this server.`,
      suggestion: `Whoever runs the server allows them with PALACE_ALLOW_CONTAINERS=${tenant}/${namespace}=${image.slice(0, 200)}.`,
    };
  const mount = mountsOf(args).find((one) => allowsFolder(allowed, asking, one) === undefined);
  if (mount === undefined) return undefined;
  return {
    message: `The folder "${mount.host.slice(0, 200)}" is not open to containers of the namespace "${namespace}" of this server.`,
    suggestion: `Whoever runs the server opens it with PALACE_CONTAINER_FOLDERS=${tenant}/${namespace}=${mount.host.slice(0, 200)}.`,
  };
}

/** The same, or every step of it that has no place here. */
export function withAllowedProcesses(compiled: Compiled, tenant: string, allowed: Allowances): Compiled {
  if (!compiled.ok) return compiled;
  const { namespace, steps } = compiled.program;
  const errors = steps.flatMap((step): ErrorPlace[] => {
    if (step.kind !== 'call') return [];
    const refusal = refusalOf(step, { tenant, namespace }, allowed);
    return refusal === undefined ? [] : [{ ...placeOf(step), ...refusal }];
  });
  return errors.length === 0 ? compiled : { ok: false, errors };
}

function refusalOf(step: StepOf<'call'>, asking: Asking, allowed: Allowances): Pick<ErrorPlace, 'message' | 'suggestion'> | undefined {
  const { tenant, namespace } = asking;
  if (step.function === 'container') return containerRefusal(allowed.containers, asking, writtenOut(step));
  if (step.function !== 'shell' || allowsShell(allowed.shell, tenant, namespace)) return undefined;
  return { message: shellRefusal(namespace), suggestion: `Whoever runs the server allows them with PALACE_ALLOW_SHELL=${tenant}/${namespace}.` };
}

/** What the step says in plain words: its image and its folders always are. */
function writtenOut({ with: given }: StepOf<'call'>): Json {
  if (given.t === 'lit') return given.v;
  return given.t === 'obj' ? Object.fromEntries(given.entries.flatMap(([key, part]) => (part.t === 'lit' ? [[key, part.v]] : []))) : {};
}

const placeOf = ({ pointer, line, column }: Step): Pick<ErrorPlace, 'path' | 'line' | 'column'> => ({
  path: pointer,
  ...(line !== undefined && { line }),
  ...(column !== undefined && { column }),
});
