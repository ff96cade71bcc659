// Which steps a flow may have here: commands only where whoever runs the server allows them, containers nowhere yet.
// Asked when a flow is published and again when the step is performed: the answer may have changed in between.
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { Compiled } from './compile.ts';

/** Entries NAMESPACE (of every tenant) or TENANT/NAMESPACE. */
export type ShellAllowance = readonly string[];

export const allowsShell = (allowed: ShellAllowance, tenant: string, namespace: string): boolean =>
  allowed.includes(namespace) || allowed.includes(`${tenant}/${namespace}`);

export const shellRefusal = (namespace: string): string => `Commands are not allowed in the namespace "${namespace}" of this server.`;
export const CONTAINER_REFUSAL = 'Containers are not available yet.';

/** The same, or every step of it that has no place here. */
export function withAllowedProcesses(compiled: Compiled, tenant: string, allowed: ShellAllowance): Compiled {
  if (!compiled.ok) return compiled;
  const { namespace, steps } = compiled.program;
  const errors = steps.flatMap((step): ErrorPlace[] => {
    if (step.kind !== 'call') return [];
    const { line, column } = step;
    const place = { path: step.pointer, ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
    if (step.function === 'container') return [{ ...place, message: CONTAINER_REFUSAL }];
    if (step.function !== 'shell' || allowsShell(allowed, tenant, namespace)) return [];
    return [{ ...place, message: shellRefusal(namespace), suggestion: `Whoever runs the server allows them with PALACE_ALLOW_SHELL=${tenant}/${namespace}.` }];
  });
  return errors.length === 0 ? compiled : { ok: false, errors };
}
