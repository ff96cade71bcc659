// The environment that a verb is about: --env, or the default one.
import { DEFAULT_ENVIRONMENT, environmentName as shape } from '@palace/gateway/contract.ts';
import type { Call } from './call.ts';
import { refused } from './failure.ts';
import { oneLine } from './terminal.ts';

export const environmentName = ({ args }: Call): string => checkedEnvironment(args.text('env') ?? DEFAULT_ENVIRONMENT);

export function checkedEnvironment(name: string): string {
  const wrong = shape.safeParse(name).error?.issues[0];
  if (wrong !== undefined) throw refused(`"${oneLine(name, 100)}" cannot name an environment.`, { next: wrong.message });
  return name;
}
