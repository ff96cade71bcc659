// What one compilation remembers of the functions that it expands and of other texts of elsewhere: those it was given, those that are still
// to be fetched, how much was expanded.
// I1 The compiler fetches nothing: it says which texts it lacks, and is called again with them.
// I2 A mistake in a text of elsewhere is reported where the flow calls it.
import type { ErrorPlace } from '@palace/platform/errors.ts';
import type { PinnedText, Template } from '../program.ts';
import { MAX_FOREIGN_TEXTS } from './limits.ts';
import { createReport, type Report } from './report.ts';
import { pathOf, type MapNode, type TextNode } from './tree.ts';
import { readYaml } from './yaml.ts';

/** What is fetched when a flow is published. */
export type TextKind = 'function' | 'script' | 'schema';

/** How the fetch proves who it is: evaluated then, with secrets and nothing else (ExprIds are places in `expressions`). */
export interface Proof {
  readonly template: Template;
  readonly expressions: readonly string[];
}

/** A text that the compiler was not given; where the flow names it first. */
export interface Unfetched extends Pick<ErrorPlace, 'path' | 'line' | 'column'> {
  readonly address: string;
  readonly what: TextKind;
  readonly proof?: Proof;
}

/** Where a text of elsewhere is, and what the flow calls it with. */
export interface Wanted {
  readonly what: TextKind;
  readonly address: string;
  readonly proof?: Proof | undefined;
}

/** A definition in a text of its own. */
export interface ForeignText {
  readonly pinned: PinnedText;
  readonly report: Report;
  /** Undefined: it cannot be read, and the report says why. */
  readonly body: MapNode | undefined;
  readonly caller: { readonly report: Report; readonly call: TextNode };
}

export class Expansion {
  /** Names of `use.functions` that some step calls. */
  readonly called = new Set<string>();
  /** Functions that were asked for, in that order. */
  readonly texts = new Map<string, ForeignText>();
  /** All texts that were asked for and are there, in that order. */
  readonly used = new Map<string, PinnedText>();
  readonly unfetched = new Map<string, Unfetched>();
  /** Characters lowered as bodies of functions, and as schemas of elsewhere. */
  length = 0;
  readonly #given: ReadonlyMap<string, PinnedText>;

  constructor(given: readonly PinnedText[]) {
    this.#given = new Map(given.map((one) => [one.address, one]));
  }

  /** Undefined: it is among the unfetched now, or one too many. Its place is in the flow's own document, also for what a function names. */
  pinned({ what, address, proof }: Wanted, named: TextNode, report: Report): PinnedText | undefined {
    const pinned = this.#given.get(address);
    if (pinned !== undefined) this.used.set(address, pinned);
    else if (!this.unfetched.has(address))
      this.unfetched.set(address, { address, what, ...(proof !== undefined && { proof }), ...this.#placeInFlow(named, report) });
    if (this.used.size + this.unfetched.size <= MAX_FOREIGN_TEXTS) return pinned;
    report.error(named, `The flow uses more than ${MAX_FOREIGN_TEXTS} functions, scripts and schemas of elsewhere.`);
    return undefined;
  }

  /** A function; undefined as above. */
  text(wanted: Wanted, call: TextNode, report: Report): ForeignText | undefined {
    const known = this.texts.get(wanted.address);
    if (known !== undefined) return known;
    const pinned = this.pinned(wanted, call, report);
    if (pinned === undefined) return undefined;
    const own = createReport(pinned.source);
    const root = readYaml(own);
    if (root !== undefined && root.kind !== 'map') own.error(root, 'A function is a map: one task, with its input and output.');
    const text: ForeignText = { pinned, report: own, body: root?.kind === 'map' ? root : undefined, caller: { report, call } };
    this.texts.set(wanted.address, text);
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
