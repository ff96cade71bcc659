// Mistakes in calls that the official schema refuses too, and some that it lets pass: by line, column, sentence and way out.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import { flow, messages } from './flow-text.ts';

const DOCUMENT = 'document: {endpoint: "https://example.com/a"}';
const wrong = (call: string, given: string): string[] => messages(compileFlow(flow(`- a: {call: "${call}", with: {${given}}}`)));

describe('mistakes in calls', () => {
  it.each([
    [
      'openapi',
      `${DOCUMENT}, operationID: x`,
      ['Unknown key "operationID" in the "with" of an openapi call. | Did you mean "operationId"?', 'The "with" of an openapi call needs "operationId".'],
    ],
    ['openapi', `${DOCUMENT}, operationId: " "`, ['The operationId is empty.']],
    [
      'openapi',
      'document: {uri: "https://example.com"}, operationId: x',
      ['Unknown key "uri" in an external document. | It may have: name, endpoint.', 'An external document needs "endpoint".'],
    ],
    ['openapi', 'document: {endpoint: "/a"}, operationId: x', ['An endpoint must be a whole address.']],
    ['openapi', `${DOCUMENT}, operationId: x, parameters: [1]`, ['"parameters" must be a map, not a list.']],
    ['openapi', `${DOCUMENT}, operationId: x, output: body`, ['"output" must be "content", "response" or "raw".']],
    ['openapi', `${DOCUMENT}, operationId: x, authentication: {basic: {}}`, ['needs "username"', 'needs "password"']],
    [
      'grpc',
      'proto: {endpoint: "https://example.com/p"}, service: {nmae: x, host: "a b", port: 70000}, method: m',
      ['Unknown key "nmae"', 'The service of a grpc call needs "name".', '"a b" is not the name of a host.', 'A port is 0 to 65535.'],
    ],
    ['grpc', 'service: {name: x, host: h}', ['The "with" of a grpc call needs "proto".', 'The "with" of a grpc call needs "method".']],
    ['asyncapi', `${DOCUMENT}, operation: o`, ['An asyncapi call needs "message" or "subscription".']],
    ['asyncapi', `${DOCUMENT}, operation: o, channel: c, message: {}`, ['An asyncapi call has "operation" or "channel", not several of them.']],
    ['asyncapi', `${DOCUMENT}, operation: o, protocol: kafk, message: {}`, ['Did you mean "kafka"?']],
    ['asyncapi', `${DOCUMENT}, operation: o, subscription: {consume: {}}`, ['The consumption of a subscription needs "amount", "while" or "until".']],
    [
      'asyncapi',
      `${DOCUMENT}, operation: o, subscription: {filter: .a, consume: {while: "\${ .( }"}}`,
      ['"filter" must be an expression. | Write ${ .a }.', 'Expression: '],
    ],
    [
      'asyncapi',
      `${DOCUMENT}, operation: o, subscription: {consume: {amount: 1}, foreach: {item: m, do: [{x: {set: {y: "\${ $n }"}}}]}}`,
      ['$n is not defined'],
    ],
    ['a2a', 'method: message/sned, server: "https://example.com"', ['Did you mean "message/send"?']],
    ['a2a', 'method: message/send', ['An a2a call needs "agentCard" or "server".']],
    ['a2a', 'method: message/send, server: "https://example.com", parameters: {}', ['"parameters" is empty.']],
    ['mcp', 'method: tools/list', ['The "with" of an mcp call needs "transport".']],
    ['mcp', 'method: tools/lists, transport: {stdio: {command: x}}', ['Did you mean "tools/list"?']],
    [
      'mcp',
      'method: tools/list, transport: {stdio: {command: x, environment: {A: 1}}, http: {endpoint: "https://e.com"}}',
      ['The transport of an mcp call has "http" or "stdio"', '"A" must be text.'],
    ],
    ['mcp', 'method: tools/list, timeout: 30s, transport: {stdio: {command: x}}', ['"30s" is not a duration. | Write PT30S.']],
    ['agent:1.0.0@default', 'agent: writer, inputs: 1', ['Unknown key "inputs" in the "with" of an agent. | Did you mean "input"?']],
    ['human:1.0.0@default', 'detail: x', ['needs "title".']],
    ['task:1.0.0@default', 'capability: x, kind: robot', ['"kind" must be "agent" or "human".']],
  ])('%s: {%s}', (call, given, expected) => {
    const found = wrong(call, given);
    expect(found).toHaveLength(expected.length);
    for (const part of expected) expect(found.join('\n')).toContain(part);
    for (const message of found) expect(message).toMatch(/^3:\d+ \/do\/0\/a/);
  });

  it('without "with" say what it needs', () => {
    expect(messages(compileFlow(flow('- a: {call: openapi}')))).toEqual([
      '3:5 /do/0/a | An openapi call needs "with". | Give it at least document and operationId.',
    ]);
    expect(messages(compileFlow(flow('- a: {call: mcp}')))[0]).toContain('The call needs "with". | It may have: protocolVersion, method,');
    expect(messages(compileFlow(flow('- a: {call: "notify:1.0.0@default"}')))[0]).toContain('The function "notify" needs "with".');
  });

  it('a slip in the name of a default function is a warning: an installation may have its own', () => {
    expect(messages(compileFlow(flow('- a: {call: "agnet:1.0.0@default"}')))).toEqual([
      '3:15 /do/0/a/call | The default catalog has no function "agnet" of its own. | Did you mean "agent"?',
    ]);
    expect(messages(compileFlow(flow('- a: {call: "charge:1.0.0@default"}')))).toEqual([]);
  });
});
