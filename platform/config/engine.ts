// Settings of the durable component and of the flow engine: every bound of ENGINE and its default for a laptop.
import { z } from 'zod';
import { choice, list, text, whole } from './setting.ts';

export const DURABLE = z.strictObject({
  leaseMs: whole('PALACE_DURABLE_LEASE_MS', 3_000, 1_000, 60_000, 'How long the ownership of a shard lasts without renewal.'),
  renewMs: whole('PALACE_DURABLE_RENEW_MS', 500, 100, 20_000, 'Pause between renewals of ownership.'),
  lanes: whole('PALACE_DURABLE_LANES', 2, 1, 16, 'Connections that commit; a shard always uses the same one.'),
  overlap: whole('PALACE_DURABLE_OVERLAP', 1, 1, 8, 'Commits under way at once in a lane.'),
  maxBatchWrites: whole('PALACE_DURABLE_MAX_BATCH_WRITES', 500, 1, 5_000, 'Writes of one commit.'),
  maxBatchBytes: whole('PALACE_DURABLE_MAX_BATCH_BYTES', 4_194_304, 65_536, 268_435_456, 'Bytes after which a commit takes no further write.'),
  haltPollMs: whole('PALACE_DURABLE_HALT_POLL_MS', 250, 50, 500, 'How old what is known of halts may grow before it is asked for again.'),
  overduePerSecond: whole(
    'PALACE_DURABLE_OVERDUE_PER_SECOND',
    300,
    1,
    1_000_000,
    'Timers overdue for more than ten seconds that one process works off in a second, the oldest first.',
  ),
  pollMs: whole('PALACE_DURABLE_POLL_MS', 5_000, 100, 60_000, 'How often rows are looked for that no news announced.'),
});

export const FLOW = z.strictObject({
  historyEvents: whole(
    'PALACE_FLOW_HISTORY_EVENTS',
    50_000,
    100,
    1_000_000,
    'Events of one segment of a run; a run that rests with half of them used opens the next.',
  ),
  payloadBytes: whole('PALACE_FLOW_PAYLOAD_BYTES', 1_048_576, 1_024, 16_777_216, 'Bytes of one value: input, output, context, result.'),
  fanOut: whole('PALACE_FLOW_FAN_OUT', 1_000, 1, 100_000, 'Branches of one fork, items of one map.'),
  iterations: whole('PALACE_FLOW_ITERATIONS', 10_000, 1, 1_000_000, 'Items of one loop (for).'),
  nesting: whole('PALACE_FLOW_NESTING', 20, 1, 100, 'Depth of flows that run flows.'),
  bufferedSignals: whole('PALACE_FLOW_BUFFERED_SIGNALS', 1_000, 1, 100_000, 'Signals that wait for a run to listen, events that one listen holds.'),
  expressionFuel: whole('PALACE_FLOW_EXPRESSION_FUEL', 100_000, 1_000, 10_000_000, 'Steps of one expression.'),
  retriesPerRun: whole('PALACE_FLOW_RETRIES_PER_RUN', 1_000, 0, 100_000, 'All retries of one run together.'),
  // What several tenants share is given in shares: one alone may have all of it, all together a quarter more (durable/core/fair-share.ts).
  maxPendingStarts: whole('PALACE_FLOW_MAX_PENDING_STARTS', 2_000, 1, 1_000_000, 'Starts of a tenant accepted and not yet committed; more are refused.'),
  maxActiveRuns: whole('PALACE_FLOW_MAX_ACTIVE_RUNS', 20_000, 1, 1_000_000, 'Runs of a tenant with work in memory; more starts are refused.'),
  maxQueuedRuns: whole(
    'PALACE_FLOW_MAX_QUEUED_RUNS',
    20_000,
    1,
    1_000_000,
    'Runs of a tenant that wait in one shard for their place under a concurrency limit; more starts are refused, and times and events wait.',
  ),
  maxWaitingStarts: whole(
    'PALACE_FLOW_MAX_WAITING_STARTS',
    100_000,
    1,
    10_000_000,
    'Events of a tenant in one shard that wait to start runs because too many are queued; of more, each counts as missed.',
  ),
  maxIdleRuns: whole('PALACE_FLOW_MAX_IDLE_RUNS', 2_000, 0, 1_000_000, 'Idle runs kept in memory for their next command.'),
  maxEffects: whole('PALACE_FLOW_MAX_EFFECTS', 256, 1, 100_000, 'Effects of a tenant performed at once; more wait their turn.'),
  maxWaitingEffects: whole('PALACE_FLOW_MAX_WAITING_EFFECTS', 100_000, 1, 10_000_000, 'Effects of a tenant that wait; with more its starts are refused.'),
  turnsPerTick: whole('PALACE_FLOW_TURNS_PER_TICK', 256, 1, 100_000, 'Runs that decide in a row before the process looks at its connections.'),
  eventsPerSnapshot: whole('PALACE_FLOW_EVENTS_PER_SNAPSHOT', 200, 10, 10_000, 'Events between two snapshots of a run.'),
  lookBackMs: whole('PALACE_FLOW_LOOK_BACK_MS', 60_000, 0, 86_400_000, 'Events published so long before a listen began still reach it.'),
  reconcileMs: whole('PALACE_FLOW_RECONCILE_MS', 60_000, 100, 3_600_000, 'Pause between two looks for runs that break an invariant.'),
  maxCaughtUp: whole(
    'PALACE_FLOW_MAX_CAUGHT_UP',
    1_000,
    1,
    10_000,
    'Times of one schedule that passed in a down time and are caught up; of more, the newest, and the others count as missed.',
  ),
  maxGathered: whole('PALACE_FLOW_MAX_GATHERED', 1_000, 2, 10_000, 'Events that wait for others before they start a run together, of one schedule.'),
  maxHeldRows: whole('PALACE_FLOW_MAX_HELD_ROWS', 2_000, 10, 100_000, 'Commands, stream rows and timers of a tenant in the hands of one shard.'),
});

export const EFFECT = z.strictObject({
  timeoutMs: whole('PALACE_EFFECT_TIMEOUT_MS', 30_000, 100, 3_600_000, 'Hard deadline of a call that names none.'),
  maxResponseBytes: whole('PALACE_EFFECT_MAX_RESPONSE_BYTES', 1_048_576, 1_024, 67_108_864, 'Largest response of a call.'),
  maxRedirects: whole('PALACE_EFFECT_MAX_REDIRECTS', 5, 0, 20, 'Redirects that a call follows.'),
});

export const CANARY = z.strictObject({
  everyMs: whole(
    'PALACE_CANARY_EVERY_MS',
    60_000,
    0,
    3_600_000,
    'Pause between the canary runs that measure the way from start to end, one process for all; 0 starts none.',
  ),
  unreadyMs: whole(
    'PALACE_CANARY_UNREADY_MS',
    300_000,
    0,
    86_400_000,
    'How long canary runs may fail before /readyz of the process that starts them says so; 0 never does.',
  ),
});

export const CODE = z.strictObject({
  sandbox: choice(
    'PALACE_CODE_SANDBOX',
    ['process', 'bubblewrap', 'off'],
    'process',
    'What is around the scripts of flows: a process, a process in bubblewrap, or `off`: no script is run.',
  ),
  maxRunning: whole('PALACE_CODE_MAX_RUNNING', 2, 1, 64, 'Scripts of a tenant that run at once, and as many commands; more wait their turn.'),
  maxWaiting: whole('PALACE_CODE_MAX_WAITING', 200, 1, 100_000, 'Scripts of a tenant that wait, and as many commands; more fail.'),
  maxMs: whole('PALACE_CODE_MAX_MS', 60_000, 100, 3_600_000, 'Longest time of a script or command, whatever deadline its step names.'),
  memoryBytes: whole('PALACE_CODE_MEMORY_BYTES', 33_554_432, 1_048_576, 268_435_456, 'Memory of one script.'),
  outputBytes: whole('PALACE_CODE_OUTPUT_BYTES', 1_048_576, 1_024, 8_388_608, 'What a script or command may write to stdout, and to stderr.'),
  allowShell: list(
    'PALACE_ALLOW_SHELL',
    'Namespaces whose flows may run commands as the user of this server, each as NAMESPACE or TENANT/NAMESPACE, separated by commas.',
  ),
});

export const CONTAINER = z.strictObject({
  allow: list(
    'PALACE_ALLOW_CONTAINERS',
    'Images that flows may run in containers, each as NAMESPACE=IMAGE or TENANT/NAMESPACE=IMAGE, separated by commas; a `*` at its end stands for the rest.',
  ),
  program: text('PALACE_CONTAINER_PROGRAM', '', 'Program that runs containers, with the arguments of Docker; empty takes podman, or else docker, from PATH.'),
  network: text('PALACE_CONTAINER_NETWORK', 'none', 'Network that containers are in; what they send there is outside the rules of egress.'),
  folders: list(
    'PALACE_CONTAINER_FOLDERS',
    'Folders of this machine that containers may have, each as NAMESPACE=FOLDER or TENANT/NAMESPACE=FOLDER, with `:ro` behind it for reading alone.',
  ),
  maxRunning: whole('PALACE_CONTAINER_MAX_RUNNING', 2, 1, 64, 'Containers of a tenant that run at once; more wait their turn.'),
  maxMs: whole('PALACE_CONTAINER_MAX_MS', 600_000, 1_000, 86_400_000, 'Longest time of a container, whatever deadline its step names.'),
  memoryBytes: whole('PALACE_CONTAINER_MEMORY_BYTES', 268_435_456, 16_777_216, 1_099_511_627_776, 'Memory of one container.'),
  cpuPercent: whole('PALACE_CONTAINER_CPU_PERCENT', 100, 1, 25_600, 'Processor time of one container; 100 is one processor.'),
  processes: whole('PALACE_CONTAINER_PROCESSES', 100, 1, 100_000, 'Processes and threads of one container.'),
  tmpBytes: whole(
    'PALACE_CONTAINER_TMP_BYTES',
    67_108_864,
    0,
    1_099_511_627_776,
    'What a container may write to /tmp, the one place that it can write to; it counts as memory.',
  ),
});
