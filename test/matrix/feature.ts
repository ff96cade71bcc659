// Reads a feature file in the words of the conformance kit: scenarios, their steps, and the document below a step.
import type { StepText } from './steps.ts';

export interface Scenario {
  readonly name: string;
  readonly steps: readonly StepText[];
}

export function scenariosOf(text: string): Scenario[] {
  const scenarios: { name: string; steps: { text: string; document: string | undefined }[] }[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? '').trim();
    const scenario = /^Scenario: (.+)$/.exec(line);
    const step = /^(?:Given|When|Then|And|But) (.+)$/.exec(line);
    if (scenario !== null) scenarios.push({ name: scenario[1] ?? '', steps: [] });
    else if (step !== null) scenarios.at(-1)?.steps.push({ text: step[1] ?? '', document: undefined });
    else if (line.startsWith('"""')) {
      const end = lines.findIndex((one, n) => n > at && one.trim() === '"""');
      const last = scenarios.at(-1)?.steps.at(-1);
      if (last !== undefined) last.document = lines.slice(at + 1, end).join('\n');
      at = end;
    }
  }
  return scenarios;
}
