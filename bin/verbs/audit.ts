// palace audit: who did what, and whether the log is as it was written.
import type { AuditRecordView } from '@palace/gateway/contract.ts';
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readPages } from '../pages.ts';
import { jsonText, oneLine, table } from '../terminal.ts';

const EXPECTED = /^([1-9]\d{0,15}):([0-9a-f]{64})$/;

export async function execute(call: Call): Promise<ExitCode> {
  const { args } = call;
  const [action] = args.positionals;
  const expect = args.text('expect');
  const kept = expect === undefined ? undefined : EXPECTED.exec(expect);
  if (kept === null) throw refused('--expect takes what `palace audit verify` printed before.', { next: 'Write SEQ:HASH, e.g. 41:9f86d0...' });
  const api = new Api(new Client(findServer(call)));
  return action === 'list' ? list(call, api) : verify(call, api, kept);
}

async function list({ args, terminal, json }: Call, api: Api): Promise<ExitCode> {
  const filter = { action: args.text('action'), actor: args.text('actor') };
  const { items, next } = await readPages(args.integer('limit') ?? 50, (cursor, wanted) => api.audit({ ...filter, cursor, limit: Math.min(wanted, 500) }));
  if (json) terminal.out(jsonText({ items, ...(next !== undefined && { next }) }));
  else
    table(
      terminal,
      ['ENTRY', 'TIME', 'WHO', 'FROM', 'ACTION', 'TARGET', 'OUTCOME'],
      items.map((one) => [String(one.seq), one.at, whoOf(one), one.address ?? '', one.action, one.target, outcomeOf(one)]),
    );
  return 0;
}

const whoOf = ({ actor: { kind, id } }: AuditRecordView): string => (kind === 'person' ? id : `${kind}:${id}`);

function outcomeOf({ outcome, detail }: AuditRecordView): string {
  if (outcome !== undefined) return `${outcome.status}${outcome.code === undefined ? '' : ` ${outcome.code}`} (of ${outcome.of})`;
  return detail === undefined ? 'asked' : `asked: ${oneLine(JSON.stringify(detail)).slice(0, 100)}`;
}

async function verify({ terminal, json }: Call, api: Api, kept: RegExpExecArray | undefined): Promise<ExitCode> {
  const verdict = await api.verifyAudit();
  const found = kept === undefined || !verdict.intact ? undefined : (await api.audit({ cursor: String(Number(kept[1]) + 1), limit: 1 })).items[0];
  const differs = kept !== undefined && verdict.intact && (found?.seq !== Number(kept[1]) || found.hash !== kept[2]);
  if (json) terminal.out(jsonText({ ...verdict, ...(kept !== undefined && verdict.intact && { expected: !differs }) }));
  else if (!verdict.intact) terminal.out(`Entry ${verdict.seq} is wrong. ${oneLine(verdict.what)}`);
  else if (differs) terminal.out(`Entry ${kept[1]} is not the one that was kept: the log was cut off or begun again since.`);
  else {
    terminal.out(`${verdict.entries} entries, ${verdict.firstSeq} to ${verdict.lastSeq}, are as they were written.`);
    if (verdict.entries > 0) terminal.out(`Keep this elsewhere and give it to --expect next time: ${verdict.lastSeq}:${verdict.lastHash}`);
  }
  return verdict.intact && !differs ? 0 : 1;
}
