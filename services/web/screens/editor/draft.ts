// What was written and is not published yet: kept in this browser, one a flow, until it is published or given up.
// I1 A browser that keeps nothing (private, or full) is no failure: the text is still in the editor.

export interface Draft {
  readonly text: string;
  /** Hash of the version it began from; absent of a new flow. */
  readonly base?: string;
  readonly atMs: number;
}

const KEY = 'palace-draft-';

/** `flow`: NAMESPACE/NAME, or `new`. */
export function readDraft(flow: string): Draft | undefined {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY + flow) ?? 'null');
    return isDraft(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

const isDraft = (found: unknown): found is Draft =>
  typeof found === 'object' && found !== null && 'text' in found && typeof found.text === 'string' && 'atMs' in found && typeof found.atMs === 'number';

/** False when the browser keeps nothing. */
export function keepDraft(flow: string, draft: Draft): boolean {
  try {
    localStorage.setItem(KEY + flow, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(flow: string): void {
  try {
    localStorage.removeItem(KEY + flow);
  } catch {
    // I1
  }
}
