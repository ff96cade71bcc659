// For tests: documents whose calls must compile, one for each corner: openapi, functions, catalogs, and the calls that come later.
import type { Accepted } from './accepted-flows.ts';
import { flow, HEAD } from './flow-text.ts';

const call = (name: string, given: unknown, more: object = {}): string => flow(`- a: ${JSON.stringify({ call: name, with: given, ...more })}`);
const used = (use: unknown, step: unknown): string => `${[HEAD, `use: ${JSON.stringify(use)}`, `do: ${JSON.stringify([{ a: step }])}`].join('\n')}\n`;
const document = { endpoint: 'https://api.example.com/docs.json' };

export const ACCEPTED_CALLS: readonly Accepted[] = [
  ['an openapi call', call('openapi', { document, operationId: 'list', parameters: { a: '${ .a }', b: [1] }, output: 'response', redirect: true })],
  [
    'an openapi call whose document is found by an expression',
    call('openapi', { document: { name: 'api', endpoint: { uri: '${ .api }' } }, operationId: 'list' }, { metadata: { palace: { effect: 'read' } } }),
  ],
  [
    'functions',
    used(
      {
        functions: {
          one: { set: { x: 1 }, output: { as: '.x' } },
          two: { try: [{ t: { call: 'one' } }], catch: { do: [{ c: { set: { y: 2 } } }] } },
          'x y/z': { wait: 'PT1S' },
        },
      },
      { call: 'two', with: { n: 1 } },
    ),
  ],
  [
    'catalogs',
    used({ catalogs: { ours: { endpoint: 'https://example.com/c' }, theirs: { endpoint: { uri: 'https://github.com/a/b' } } } }, { call: 'f:1.0.0@ours' }),
  ],
  ['a function by its address', flow('- a: {call: "https://example.com/f.yaml", with: {x: 1}}', '- b: {call: "https://example.com/g.yaml"}')],
  [
    'a grpc call',
    call('grpc', { proto: document, service: { name: 'shop.Orders', host: 'localhost', port: 5011 }, method: 'Get', arguments: { id: '${ .id }' } }),
  ],
  [
    'asyncapi calls',
    flow(
      ...[
        {
          document,
          operation: 'send',
          server: { name: 'staging', variables: { region: 'eu' } },
          protocol: 'kafka',
          message: { payload: { a: 1 }, headers: { b: '2' } },
        },
        { document, channel: 'orders', subscription: { filter: '${ .a == 1 }', consume: { amount: 5, for: { seconds: 10 } } } },
        {
          document,
          operation: 'hear',
          subscription: { consume: { until: '${ .last }' }, foreach: { item: 'message', at: 'i', do: [{ x: { set: { m: '${ $message }', n: '${ $i }' } } }] } },
        },
      ].map((given, i) => `- a${i}: ${JSON.stringify({ call: 'asyncapi', with: given })}`),
    ),
  ],
  ['an a2a call', call('a2a', { method: 'message/send', server: 'https://agent.example.com', parameters: { message: { parts: [] } } })],
  ['an a2a call by a card', call('a2a', { method: 'tasks/list', agentCard: { endpoint: { uri: '${ .card }' } }, parameters: '${ .p }' })],
  [
    'an mcp call',
    call('mcp', {
      protocolVersion: '2025-06-18',
      method: 'tools/call',
      parameters: { name: 'look' },
      timeout: { seconds: 30 },
      transport: { http: { endpoint: 'https://tools.example.com', headers: { a: '${ .b }' } } },
      client: { name: 'palace', version: '1.0.0' },
    }),
  ],
  [
    'an mcp call of a program',
    call('mcp', { method: 'tools/list', transport: { stdio: { command: 'npx', arguments: ['x'], environment: { A: 'b' } }, options: { c: 'd' } } }),
  ],
  [
    'functions of the default catalog',
    flow(
      '- a: {call: "agent:1.0.0@default", with: {agent: writer, channel: stable, input: "${ . }", tools: [search], memory: {name: m}, budget: {usd: 1}, outputSchema: {}}}',
      '- b: {call: "human:1.0.0@default", with: {title: Approve?, form: {}, assignee: ada, priority: 1}}',
      '- c: {call: "task:1.0.0@default", with: {capability: translate, kind: human, priority: 2, deadline: PT1H, input: {}}}',
      '- d: {call: "memory.search:1.0.0@default", with: {memory: m, query: "${ .q }", limit: 3}}',
      '- e: {call: "memory.write:1.0.0@default", with: {memory: m, content: {a: 1}}}',
      '- f: {call: "notify:1.0.0@default", with: {channel: mail, to: ada, subject: s, text: t}}',
    ),
  ],
];
