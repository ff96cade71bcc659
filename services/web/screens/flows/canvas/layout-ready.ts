/** What the worker says first. */
export const READY = 'ready';
