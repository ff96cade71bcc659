// Feature files as lists of scenarios: the part of Gherkin that the conformance kit is written in.
// Known: Feature with its description, Background, Scenario (Example), Scenario Outline with Examples, Given When Then And But *, doc
// strings, comments, tags. Anything else is an error with its line, never skipped.

export interface ScenarioStep {
  /** Without its keyword. */
  readonly text: string;
  /** The doc string below it. */
  readonly document: string | undefined;
  readonly line: number;
}

export interface Scenario {
  readonly feature: string;
  readonly name: string;
  readonly line: number;
  readonly steps: readonly ScenarioStep[];
}

const STEP = /^(?:Given|When|Then|And|But|\*)\s+(.*)$/;
const HEAD = /^(Feature|Background|Scenario Outline|Scenario Template|Scenario|Example|Examples|Scenarios):\s*(.*)$/;

interface Block {
  readonly kind: string;
  readonly name: string;
  readonly line: number;
  readonly steps: ScenarioStep[];
  readonly rows: string[][];
}

export function readFeature(text: string): Scenario[] {
  const blocks = blocksOf(text.split(/\r?\n/));
  const feature = blocks[0]?.kind === 'Feature' ? blocks[0].name : '';
  const background = blocks.find((block) => block.kind === 'Background')?.steps ?? [];
  return blocks.flatMap((block, i) => {
    if (block.kind === 'Scenario' || block.kind === 'Example') return [{ feature, name: block.name, line: block.line, steps: [...background, ...block.steps] }];
    return /Outline|Template/.test(block.kind) ? outlined(feature, block, background, blocks.slice(i + 1)) : [];
  });
}

/** The tables that follow fill `<column>` in names, texts and doc strings. */
function outlined(feature: string, outline: Block, background: readonly ScenarioStep[], after: readonly Block[]): Scenario[] {
  const end = after.findIndex((block) => !/^(?:Examples|Scenarios)$/.test(block.kind));
  return after.slice(0, end < 0 ? after.length : end).flatMap(({ rows: [head = [], ...rows] }) =>
    rows.map((row) => {
      const fill = (text: string): string => head.reduce((filled, column, i) => filled.replaceAll(`<${column}>`, row[i] ?? ''), text);
      const steps = outline.steps.map((step) => ({ ...step, text: fill(step.text), document: step.document === undefined ? undefined : fill(step.document) }));
      const name = fill(outline.name);
      return { feature, name: name === outline.name ? `${name} (${row.join(', ')})` : name, line: outline.line, steps: [...background, ...steps] };
    }),
  );
}

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] ?? '').trim();
    if (line === '' || line.startsWith('#') || line.startsWith('@')) continue;
    const head = HEAD.exec(line);
    const block = blocks.at(-1);
    if (head !== null) {
      blocks.push({ kind: head[1] ?? '', name: (head[2] ?? '').trim(), line: i + 1, steps: [], rows: [] });
      continue;
    }
    const step = STEP.exec(line);
    if (step !== null && block !== undefined) {
      const doc = docString(lines, i + 1);
      block.steps.push({ text: (step[1] ?? '').trim(), document: doc?.text, line: i + 1 });
      i = doc?.end ?? i;
    } else if (line.startsWith('|') && block !== undefined)
      block.rows.push(
        line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      );
    else if (block === undefined || block.steps.length > 0) throw new Error(`line ${i + 1}: "${line}" is not known`);
    // Otherwise it describes the block above.
  }
  return blocks;
}

/** Begins on this line or after empty ones; indented as its first mark is. */
function docString(lines: readonly string[], from: number): { readonly text: string; readonly end: number } | undefined {
  let first = from;
  while ((lines[first] ?? 'x').trim() === '') first += 1;
  const mark = /^(\s*)("""|```)/.exec(lines[first] ?? '');
  if (mark === null) return undefined;
  const end = lines.findIndex((line, i) => i > first && line.trim() === mark[2]);
  if (end < 0) throw new Error(`line ${first + 1}: this text is not closed`);
  const indent = (mark[1] ?? '').length;
  return {
    text: lines
      .slice(first + 1, end)
      .map((line) => line.slice(Math.min(indent, line.length - line.trimStart().length)))
      .join('\n'),
    end,
  };
}
