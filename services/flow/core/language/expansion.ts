// What one compilation remembers of the functions that it expands: texts of elsewhere, what is still to be fetched, how much was expanded.
// I1 The compiler fetches nothing: it says which definitions it lacks, and is called again with them.
// I2 A mistake in a text of elsewhere is reported where the flow calls it.
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { PinnedFunction } from '../program.ts';
import { createReport, type Report } from './report.ts';
import { pathOf, type MapNode, type TextNode } from './tree.ts';
import { readYaml } from './yaml.ts';

/** A definition that the compiler was not given; where the flow names it first. */
export interface UnfetchedFunction extends Pick<ErrorPlace, 'path' | 'line' | 'column'> {
  readonly address: string;
}

/** A definition in a text of its own. */
export interface ForeignText {
  readonly pinned: PinnedFunction;
  readonly report: Report;
  /** Undefined: it cannot be read, and the report says why. */
  readonly body: MapNode | undefined;
  readonly caller: { readonly report: Report; readonly call: TextNode };
}

export class Expansion {
  /** Names of `use.functions` that some step calls. */
  readonly called = new Set<string>();
  /** Of those that were asked for, in that order. */
  readonly texts = new Map<string, ForeignText>();
  readonly unfetched = new Map<string, UnfetchedFunction>();
  /** Characters lowered as bodies of functions. */
  length = 0;
  readonly #given: ReadonlyMap<string, PinnedFunction>;

  constructor(given: readonly PinnedFunction[]) {
    this.#given = new Map(given.map((one) => [one.address, one]));
  }

  /** Undefined: it is among the unfetched now. `place` is in the flow's own document, also for a function that another one calls. */
  text(address: string, call: TextNode, report: Report): ForeignText | undefined {
    const known = this.texts.get(address);
    if (known !== undefined) return known;
    const pinned = this.#given.get(address);
    if (pinned === undefined) {
      if (!this.unfetched.has(address)) this.unfetched.set(address, { address, ...this.#placeInFlow(call, report) });
      return undefined;
    }
    const own = createReport(pinned.source);
    const root = readYaml(own);
    if (root !== undefined && root.kind !== 'map') own.error(root, 'A function is a map: one task, with its input and output.');
    const text: ForeignText = { pinned, report: own, body: root?.kind === 'map' ? root : undefined, caller: { report, call } };
    this.texts.set(address, text);
    return text;
  }

  #placeInFlow(call: TextNode, report: Report): Pick<ErrorPlace, 'path' | 'line' | 'column'> {
    let at: ForeignText['caller'] = { call, report };
    for (const text of [...this.texts.values()].reverse()) if (text.report === at.report) at = text.caller;
    return { path: pathOf(at.call), ...at.report.place(at.call.at) };
  }

  /** Hands the mistakes of each foreign text to the text that calls it, the innermost first. */
  reportForeign(): void {
    for (const { pinned, report, caller } of [...this.texts.values()].reverse()) {
      for (const { line, column, message, suggestion } of report.errors())
        caller.report.error(caller.call, `In the function at ${pinned.address}, line ${line}, column ${column}: ${message}`, suggestion);
    }
  }
}
