// What a publication, or a withdrawal, means for triggers: done in its transaction, so that neither is ever seen without the other.
// I1 Events: the rows of event_trigger are those of the newest version, from the commit on.
// I2 Times: a row in the inbox of the schedule's owner says what is in force from when on. Publications of one flow are one at a time
//    (publish.ts), so the rows stand there in their order.
import { randomUUID } from 'node:crypto';
import type { Sql } from '@palace/platform/database/port.ts';
import { startingFilters, type Schedule } from '../core/program.ts';
import { scheduleCommand, type Publication } from './schedules.ts';

export interface Change {
  readonly tenant: string;
  readonly flow: string;
  readonly atMs: number;
}

interface Newest {
  readonly version: string;
  readonly hash: string;
  readonly published_ms: string;
  readonly schedule: Schedule | null;
}

/** Whether any version of the flow has a schedule: asked before the change. */
export async function hasSchedule(sql: Sql, flow: string): Promise<boolean> {
  const [namespace, name] = flow.split('/');
  const { rows } = await sql.query<{ any: boolean }>(
    `select exists (select from flow.definition d join flow.program p using (tenant, hash)
       where d.namespace = $1 and d.name = $2 and p.program ? 'schedule') as any`,
    [namespace, name],
  );
  return rows[0]?.any === true;
}

export async function changeTriggers(sql: Sql, change: Change, had: boolean): Promise<void> {
  const newest = await readNewest(sql, change.flow);
  if (!had && newest?.schedule == null) return;
  await replaceEventTriggers(sql, change, newest);
  await tellOwner(sql, change, newest);
}

async function readNewest(sql: Sql, flow: string): Promise<Newest | undefined> {
  const [namespace, name] = flow.split('/');
  const { rows } = await sql.query<Newest>(
    `select d.version, d.hash, d.published_ms, p.program->'schedule' as schedule
       from flow.definition d join flow.program p using (tenant, hash)
      where d.namespace = $1 and d.name = $2 order by d.ordinal desc limit 1`,
    [namespace, name],
  );
  return rows[0];
}

async function replaceEventTriggers(sql: Sql, { tenant, flow }: Change, newest: Newest | undefined): Promise<void> {
  await sql.query('delete from flow.event_trigger where tenant = $1 and flow = $2', [tenant, flow]);
  const schedule = newest?.schedule;
  if (newest === undefined || schedule?.kind !== 'on') return;
  await sql.query(
    `insert into flow.event_trigger (tenant, type, flow, hash, paused)
     select $1, t, $2, $3, coalesce($4, (select paused from flow.schedule where tenant = $1 and flow = $2), false) from unnest($5::text[]) t`,
    [tenant, flow, newest.hash, schedule.paused ?? null, [...new Set(startingFilters(schedule).map(({ type }) => type))]],
  );
}

async function tellOwner(sql: Sql, { tenant, flow, atMs }: Change, newest: Newest | undefined): Promise<void> {
  const body: Publication = {
    flow,
    atMs,
    ...(newest?.schedule != null && { newest: { version: newest.version, hash: newest.hash, publishedMs: Number(newest.published_ms) } }),
  };
  const { shard, key } = scheduleCommand(tenant, flow);
  await sql.query(
    `insert into flow.inbox (tenant, command_id, shard, key, kind, body, sent_ms) values ($1, $2, $3, $4, 'schedule-published', $5, flow.wall_ms())`,
    [tenant, `schedule_${randomUUID()}`, shard, key, JSON.stringify(body)],
  );
}
