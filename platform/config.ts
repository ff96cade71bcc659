// Settings. The only place that reads the environment.

/** What a client of a server reads: PALACE_URL, PALACE_API_KEY, PALACE_DATA. Empty means absent. */
export interface ClientEnvironment {
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  readonly data: string | undefined;
}

export function readClientEnvironment(): ClientEnvironment {
  const given = (name: string): string | undefined => (process.env[name] === '' ? undefined : process.env[name]);
  return { url: given('PALACE_URL'), apiKey: given('PALACE_API_KEY'), data: given('PALACE_DATA') };
}
