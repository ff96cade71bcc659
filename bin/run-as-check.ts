// palace get run RUN --as-check: the run's history as a check file, played once here so that its reader knows whether it passes.
import { caseFromRun } from '@palace/flow/checks/from-run.ts';
import { runChecks } from '@palace/flow/checks/run-checks.ts';
import { compileFlow } from '@palace/flow/core/compile.ts';
import { engineSettings } from '@palace/flow/engine/settings.ts';
import { loadConfig } from '@palace/platform/config.ts';
import type { Api, HistoryEvent, RunDetail } from './api.ts';
import type { Call } from './call.ts';
import { failureLines, unpainted } from './check-report.ts';
import { CommandFailure } from './failure.ts';
import { oneLine } from './terminal.ts';

const PAGE = 1_000;
const MOST_EVENTS = 50_000;

export async function printAsCheck(call: Call, api: Api, run: RunDetail): Promise<void> {
  const flow = await api.getFlow(`${run.flow}@${run.version}`);
  const compiled = compileFlow(flow.source);
  if (!compiled.ok) throw new CommandFailure(3, `The flow ${run.flow}@${run.version} does not compile here.`, { places: compiled.errors });
  const found = caseFromRun(run.id, compiled.program, await wholeHistory(api, run));
  if ('refused' in found) throw new CommandFailure(2, `The run ${run.id} cannot become a case. ${found.refused}`);
  call.terminal.document(found.text);
  const { decide, lookBackMs } = engineSettings(loadConfig({}, {}), {});
  const options = { settings: { limits: decide, lookBackMs }, filter: undefined, clock: () => performance.now() };
  const checked = runChecks([{ path: 'run.check.yaml', source: found.text }], [{ path: 'run.yaml', source: flow.source }], options);
  const failed = checked.files.flatMap((file) => file.cases).find(({ failures }) => failures.length > 0);
  for (const { message, line } of checked.broken.flatMap(({ errors }) => errors))
    call.terminal.note(`palace: the case needs a hand: line ${line}: ${oneLine(message)}`);
  if (failed === undefined) return;
  call.terminal.note('palace: as it stands the case fails:');
  for (const line of failureLines({ ...failed, trace: [] }, unpainted)) call.terminal.note(`  ${line}`);
}

async function wholeHistory(api: Api, run: RunDetail): Promise<HistoryEvent[]> {
  const items: HistoryEvent[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const page: { items: HistoryEvent[]; next?: number | undefined } = await api.history(run.id, after, PAGE);
    items.push(...page.items);
    if (items.length > MOST_EVENTS) throw new CommandFailure(2, `The run ${run.id} has more than ${MOST_EVENTS} events; a case of that size serves nobody.`);
    after = page.items.length === 0 ? undefined : page.next;
  }
  return items;
}
