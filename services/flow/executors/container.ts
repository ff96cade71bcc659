// `run: {container}`: compiles, and is refused here. A flow with it is not published either (core/allowed-processes.ts).
import { CONTAINER_REFUSAL } from '../core/allowed-processes.ts';
import { standardFault } from '../core/faults.ts';
import type { Executor } from './executor.ts';

export const containerExecutor: Executor = () => Promise.resolve({ ok: false, fault: standardFault('configuration', CONTAINER_REFUSAL), reach: 'not-sent' });
