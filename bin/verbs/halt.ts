// palace pause, palace resume: a flow, a tenant or the whole installation (a halt); or runs, which verbs/control.ts does.
// I1 The two are never mistaken for each other: runs are named by their ids or asked for with --runs, and a flag of the one is refused with the
//    other.
import { Api, type HaltScope } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { haltName, haltText, resumeLine } from '../halt-text.ts';
import { checkFlowRef } from '../references.ts';
import { jsonText } from '../terminal.ts';
import { execute as control } from './control.ts';

const SCOPES = ['flow', 'tenant', 'all'] as const;
const OF_RUNS = ['status', 'limit', 'dry-run'] as const;

export async function execute(call: Call): Promise<ExitCode> {
  const { args, command } = call;
  const verb = command.name as 'pause' | 'resume';
  const help = { next: `palace ${verb} --help` };
  const scopes = SCOPES.filter((name) => args.has(name));
  if (args.has('runs') || args.positionals.length > 0) {
    const wide = scopes.filter((name) => name !== 'flow');
    if (wide.length > 0) throw refused(`--${wide[0]} holds more than runs: give it alone.`, help);
    return control(call);
  }
  const stray = OF_RUNS.find((name) => args.has(name));
  if (stray !== undefined) {
    const flow = args.has('flow') ? ` --flow ${args.text('flow')}` : '';
    throw refused(`--${stray} goes with --runs.`, {
      details: [
        `palace ${verb} --runs${flow} ... is for runs that there are now; palace ${verb} --flow NAMESPACE/NAME alone is for the flow, also for runs that start later.`,
      ],
      ...help,
    });
  }
  if (scopes.length !== 1)
    throw refused(scopes.length === 0 ? `What? Name runs, or one of --flow, --tenant, --all.` : 'Give one of --flow, --tenant, --all.', help);
  const scope = scopeOf(call);
  const api = new Api(new Client(findServer(call)));
  return verb === 'pause' ? pause(call, api, scope) : resume(call, api, scope);
}

function scopeOf({ args }: Call): HaltScope {
  const flow = args.text('flow');
  if (flow?.includes('@') === true) throw refused('A flow is held in all its versions: write NAMESPACE/NAME.');
  if (flow !== undefined) return { flow: checkFlowRef(flow) };
  const tenant = args.text('tenant');
  return tenant === undefined ? { all: true } : { tenant };
}

async function pause({ args, terminal, json }: Call, api: Api, scope: HaltScope): Promise<ExitCode> {
  const reason = args.text('reason');
  const halt = await api.halt({ ...scope, ...(reason !== undefined && { reason }) });
  if (json) terminal.out(jsonText(halt));
  else terminal.out(`${haltText(halt)} No new act begins; what is under way may end. Take it back with: ${resumeLine(halt)}`);
  return 0;
}

async function resume({ args, terminal, json }: Call, api: Api, scope: HaltScope): Promise<ExitCode> {
  const { lifted, still } = await api.liftHalt(scope);
  if (json) {
    terminal.out(jsonText({ ...(lifted !== undefined && { lifted }), still }));
    return 0;
  }
  const name = scope.flow ?? (scope.tenant === undefined ? 'The installation' : `The tenant ${scope.tenant}`);
  if (lifted !== undefined) terminal.out(`${haltName(lifted)} goes on.`);
  else terminal.out(`${name} was not held back.`);
  if (lifted === undefined && args.has('flow')) terminal.note(`Paused runs go on with: palace resume --runs --flow ${scope.flow}`);
  for (const halt of still) terminal.note(`${haltText(halt)} Take it back with: ${resumeLine(halt)}`);
  return 0;
}
