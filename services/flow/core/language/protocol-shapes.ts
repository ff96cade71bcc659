// The tables of calls that are not available yet: grpc, asyncapi, a2a and mcp as the official schema has them, and the arguments of the
// functions of the default catalog.
import { EXPORT_FIELD, EXTERNAL_RESOURCE, OUTPUT_FIELD } from './grammar.ts';
import type { Field, Shape } from './shape.ts';

const text: Field = { is: ['text'] };
const requiredText: Field = { is: ['text'], required: true };
const map: Field = { is: ['map'] };
const list: Field = { is: ['list'] };
const mapOrExpression: Field = { is: ['map', 'text'] };
const endpoint: Field = { is: ['text', 'map'] };
const duration: Field = { is: ['text', 'map'] };
const resource: Field = { is: ['map'], shape: EXTERNAL_RESOURCE };

export const GRPC_WITH: Shape = {
  what: 'the "with" of a grpc call',
  keys: {
    proto: { ...resource, required: true },
    service: {
      is: ['map'],
      required: true,
      shape: { what: 'the service of a grpc call', keys: { name: requiredText, host: requiredText, port: { is: ['integer'] }, authentication: map } },
    },
    method: requiredText,
    arguments: map,
  },
};

const ASYNCAPI_PROTOCOLS = 'amqp amqp1 anypointmq googlepubsub http ibmmq jms kafka mercure mqtt mqtt5 nats pulsar redis sns solace sqs stomp ws'.split(' ');

export const ASYNCAPI_WITH: Shape = {
  what: 'the "with" of an asyncapi call',
  keys: {
    document: { ...resource, required: true },
    channel: text,
    operation: text,
    server: { is: ['map'], shape: { what: 'the server of an asyncapi call', keys: { name: requiredText, variables: map } } },
    protocol: { is: ['text'], oneOf: ASYNCAPI_PROTOCOLS },
    message: { is: ['map'], shape: { what: 'the message of an asyncapi call', keys: { payload: map, headers: map } } },
    subscription: {
      is: ['map'],
      shape: {
        what: 'a subscription',
        keys: {
          filter: text,
          consume: {
            is: ['map'],
            required: true,
            shape: { what: 'the consumption of a subscription', keys: { for: duration, amount: { is: ['integer'] }, while: text, until: text } },
          },
          foreach: {
            is: ['map'],
            shape: { what: 'the iterator of a subscription', keys: { item: text, at: text, do: list, output: OUTPUT_FIELD, export: EXPORT_FIELD } },
          },
        },
      },
    },
    authentication: map,
  },
};

const A2A_METHODS = [
  'message/send',
  'message/stream',
  'tasks/get',
  'tasks/list',
  'tasks/cancel',
  'tasks/resubscribe',
  'tasks/pushNotificationConfig/set',
  'tasks/pushNotificationConfig/get',
  'tasks/pushNotificationConfig/list',
  'tasks/pushNotificationConfig/delete',
  'agent/getAuthenticatedExtendedCard',
];

export const A2A_WITH: Shape = {
  what: 'the "with" of an a2a call',
  keys: { agentCard: resource, server: endpoint, method: { ...requiredText, oneOf: A2A_METHODS }, parameters: mapOrExpression },
};

const MCP_METHODS = ['tools/list', 'tools/call', 'prompts/list', 'prompts/get', 'resources/list', 'resources/read', 'resources/templates/list'];

export const MCP_WITH: Shape = {
  what: 'the "with" of an mcp call',
  keys: {
    protocolVersion: text,
    method: { ...requiredText, oneOf: MCP_METHODS },
    parameters: mapOrExpression,
    timeout: duration,
    transport: {
      is: ['map'],
      required: true,
      shape: {
        what: 'the transport of an mcp call',
        keys: {
          http: { is: ['map'], shape: { what: 'an http transport', keys: { endpoint: { ...endpoint, required: true }, headers: map } } },
          stdio: { is: ['map'], shape: { what: 'a stdio transport', keys: { command: requiredText, arguments: list, environment: map } } },
          options: map,
        },
      },
    },
    client: { is: ['map'], shape: { what: 'the client of an mcp call', keys: { name: requiredText, version: requiredText } } },
  },
};

/** By name; the catalog's own versions tell them apart once there are several. */
export const DEFAULT_FUNCTIONS: Readonly<Record<string, Shape>> = {
  agent: {
    what: 'the "with" of an agent',
    keys: { agent: requiredText, version: text, channel: text, input: {}, tools: list, memory: map, budget: map, outputSchema: map },
  },
  human: {
    what: 'the "with" of a question to a person',
    keys: { title: requiredText, detail: text, form: map, assignee: text, group: text, priority: {}, data: {} },
  },
  task: {
    what: 'the "with" of a task',
    keys: { capability: requiredText, kind: { is: ['text'], oneOf: ['agent', 'human'] }, priority: {}, deadline: duration, input: {} },
  },
  'memory.search': { what: 'the "with" of a search in memory', keys: { memory: requiredText, query: requiredText, limit: {}, filter: map } },
  'memory.write': { what: 'the "with" of a note to memory', keys: { memory: requiredText, content: { required: true }, metadata: map } },
  notify: { what: 'the "with" of a notification', keys: { channel: requiredText, to: {}, subject: text, text: requiredText, data: {} } },
};
