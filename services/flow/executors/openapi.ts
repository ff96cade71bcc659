// `call: openapi`: finds the operation in the document of the interface, makes the request, and lets the http executor perform it.
// I1 Until the request goes to the http executor nothing has been sent: every fault before it is `not-sent`.
// I2 An act is never of a stronger class than its intent: when the document has changed since it was asked, nothing is sent.
import { performance } from 'node:perf_hooks';
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import { isStronger, methodEffect } from '../core/effect-class.ts';
import { standardFault } from '../core/faults.ts';
import type { RunFault } from '../core/model.ts';
import { findOperation, type Operation } from '../core/openapi/document.ts';
import { StepProblem } from '../core/openapi/problem.ts';
import { requestOf } from '../core/openapi/request.ts';
import { addressOf, DocumentFault, type ApiDocuments, type DocumentPlace } from './api-documents.ts';
import type { EffectCall, EffectOutcome, Executor } from './executor.ts';

interface OpenapiArgs {
  readonly document: DocumentPlace;
  readonly operationId: string;
  readonly parameters?: JsonObject;
  readonly authentication?: Json;
  readonly output?: string;
  readonly redirect?: boolean;
  /** The author has said the class of the effect. */
  readonly effectTold?: boolean;
}

/** `openapi`, and the question that is asked before it: what kind of act is the operation? */
export function openapiExecutors(documents: ApiDocuments, http: Executor): [string, Executor][] {
  return [
    ['openapi', (call) => beforeSending(() => perform(documents, http, call))],
    ['openapi.effect', (call) => beforeSending(async () => ({ ok: true, result: methodEffect((await operationOf(documents, call, argsOf(call))).method) }))],
  ];
}

/** What is thrown on the way to the request is the step's fault. */
async function beforeSending(work: () => Promise<EffectOutcome>): Promise<EffectOutcome> {
  try {
    return await work();
  } catch (error) {
    const fault = faultOf(error);
    if (fault === undefined) throw error;
    return { ok: false, fault, reach: 'not-sent' };
  }
}

function faultOf(error: unknown): RunFault | undefined {
  if (error instanceof DocumentFault) return error.fault;
  return error instanceof StepProblem ? standardFault(error.kind, error.message) : undefined;
}

async function perform(documents: ApiDocuments, http: Executor, call: EffectCall): Promise<EffectOutcome> {
  const untilMs = performance.now() + call.deadlineMs;
  const args = argsOf(call);
  const operation = await operationOf(documents, call, args);
  if (args.effectTold !== true && isStronger(methodEffect(operation.method), call.class))
    throw new StepProblem('configuration', `The document has changed: the operation is ${operation.method} now, and was taken for ${call.class}.`);
  const request = requestOf(operation, args.parameters ?? {}, `palace-${call.key}`);
  const { authentication, output, redirect } = args;
  return http({
    ...call,
    deadlineMs: Math.max(0, untilMs - performance.now()),
    args: {
      method: request.method,
      endpoint: request.url,
      ...(authentication !== undefined && { authentication }),
      headers: { accept: 'application/json, */*;q=0.5', ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
      ...(output !== undefined && { output }),
      ...(redirect !== undefined && { redirect }),
    },
  });
}

async function operationOf(documents: ApiDocuments, call: EffectCall, args: OpenapiArgs): Promise<Operation> {
  return findOperation(await documents.get(call, args.document), args.operationId, addressOf(args.document));
}

/** Expressions may have yielded anything. */
function argsOf({ args }: EffectCall): OpenapiArgs {
  const given = args as unknown as OpenapiArgs;
  const address: unknown = typeof given.document.endpoint === 'string' ? given.document.endpoint : given.document.endpoint?.uri;
  if (typeof address !== 'string' || !URL.canParse(address)) throw new StepProblem('configuration', 'The endpoint of the document is not an address.');
  if (typeof given.operationId !== 'string') throw new StepProblem('configuration', 'The operationId is not a text.');
  if (given.parameters !== undefined && !isObject(given.parameters)) throw new StepProblem('configuration', 'The parameters are not a map.');
  return given;
}
