// Signals of a serving process: the first one asks for a drain, a second one ends the process at once.

export interface Stopping {
  /** Resolves with the first SIGTERM or SIGINT. */
  readonly asked: Promise<NodeJS.Signals>;
  readonly signal: AbortSignal;
}

const EXIT_AT_ONCE: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

export function onStop(): Stopping {
  const controller = new AbortController();
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(EXIT_AT_ONCE[name]);
        controller.abort();
        resolve(name);
      });
    }
  });
  return { asked, signal: controller.signal };
}
