// Scenarios that are no loop of faults. Each opens its own house and says its figures.
export interface Scenario {
  readonly name: string;
  run(): Promise<{ readonly violations: readonly string[] } & Readonly<Record<string, unknown>>>;
}

export const SCENARIOS: readonly Scenario[] = [];
