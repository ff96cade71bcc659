// Rows: what starts runs by itself: schedules and webhooks.
import { ENVIRONMENT_FLAG, SERVER_FLAGS, YES_FLAG, type CommandSpec } from '../command.ts';

export const TRIGGER_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'schedule',
    group: 'Triggers',
    summary: 'Hold the schedule of a flow, or let it go on',
    usage: ['schedule pause NAMESPACE/NAME', 'schedule resume NAMESPACE/NAME'],
    about: [
      'A schedule stands in the flow (`schedule:`); that of the version published last is in force. Times that pass while it is paused are not caught up. `palace get schedules` lists them.',
    ],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['pause', 'resume'] },
      { name: 'FLOW', summary: 'The flow.' },
    ],
    flags: SERVER_FLAGS,
    examples: [{ line: 'schedule pause shop/nightly', says: 'Start no more runs of it for now.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'webhook',
    group: 'Triggers',
    summary: 'Addresses that others deliver to: each delivery is an event, or a run',
    usage: [
      'webhook create NAME --type EVENT_TYPE [--flow NAMESPACE/NAME [--env NAME]] [--scheme SCHEME] [--header NAME]',
      'webhook create NAME --type EVENT_TYPE --secret-file FILE',
      'webhook list',
      'webhook deliveries NAME [--limit N]',
      'webhook rotate NAME [--overlap TIME] [--secret-file FILE]',
      'webhook rm NAME',
    ],
    about: [
      'A delivery proves with a secret from whom it is: by a Standard Webhooks signature, by GitHub’s X-Hub-Signature-256, or with the secret itself in a header. A message that comes again is answered as before and counts once. A new secret is shown once, on standard output.',
    ],
    positionals: [
      { name: 'ACTION', summary: 'What to do.', choices: ['create', 'list', 'deliveries', 'rotate', 'rm'] },
      { name: 'NAME', summary: 'The webhook.', optional: true },
    ],
    flags: [
      { name: 'type', kind: 'text', placeholder: 'EVENT_TYPE', summary: 'Type of the events that deliveries become.' },
      { name: 'flow', kind: 'text', placeholder: 'NAMESPACE/NAME', summary: 'Start this flow with each body instead.' },
      { ...ENVIRONMENT_FLAG, default: 'that of the flow', summary: 'In which environment runs of that flow live.' },
      { name: 'scheme', kind: 'choice', choices: ['standard', 'github', 'token'], default: 'standard', summary: 'How senders prove who they are.' },
      { name: 'header', kind: 'text', placeholder: 'NAME', default: 'X-Webhook-Token', summary: 'With --scheme token: the header that carries the secret.' },
      {
        name: 'secret-file',
        kind: 'text',
        placeholder: 'FILE',
        summary: 'A secret that the sender gave you; - reads standard input. Without it a new one is made.',
      },
      { name: 'overlap', kind: 'duration', placeholder: 'TIME', default: '24h', summary: 'How long the secret before still counts, at most a week.' },
      { name: 'limit', kind: 'integer', placeholder: 'N', default: '50', summary: 'At most so many deliveries.' },
      YES_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'webhook create shop-orders --type com.shop.order', says: 'Flows with schedule: {on: ...} or a listen step for that type hear of them.' },
      { line: 'webhook create ci --type ci.build --flow team/release --scheme github', says: 'Each delivery of GitHub starts a run.' },
    ],
    exits: [0, 2, 6],
    destroys: ({ positionals: [action, name] }) => (action === 'rm' ? `remove the webhook ${name}` : undefined),
  },
];
