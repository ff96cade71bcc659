// Text -> tree. YAML 1.2 (JSON is a part of it) reduced to what has one meaning: no tags, anchors, aliases, directives or second document.
// Two readers: a quick one for the YAML of every day, and the library for all else, which alone says what is wrong.
// I1 Length, depth and number of nodes are bounded before anything recursive runs over the text.
// I2 What the quick one reads, the library reads as the same tree (I1 of everyday-yaml.ts): no text has two meanings.
import { readEverydayYaml } from './everyday-yaml.ts';
import { readLibraryYaml } from './library-yaml.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';
import type { Report } from './report.ts';
import type { Node } from './tree.ts';

/** The document's tree, or undefined with messages in the report. */
export function readYaml(report: Report): Node | undefined {
  const { text } = report;
  const refuse = (offset: number, message: string): undefined => void report.errorAt(offset, '', message);
  if (text.length > MAX_TEXT_LENGTH) return refuse(MAX_TEXT_LENGTH, `The document is longer than ${MAX_TEXT_LENGTH} characters.`);
  const nul = text.indexOf('\0');
  if (nul >= 0) return refuse(nul, 'The text contains a NUL character.');
  if (!text.isWellFormed()) return refuse(loneSurrogate(text), 'The text contains half of a surrogate pair.');
  return readEverydayYaml(text) ?? readLibraryYaml(report);
}

function loneSurrogate(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00 && text.charCodeAt(i + 1) >= 0xdc00 && text.charCodeAt(i + 1) < 0xe000) i++;
    else if (unit >= 0xd800 && unit < 0xe000) return i;
  }
  return 0;
}
