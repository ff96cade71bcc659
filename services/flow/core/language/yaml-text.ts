// Documents as text: what is stored when the author's own text is not plain OWS, and what is handed out.
// I1 Every text reads back as the same document: it has been tried.
import { isObject, type Json, type JsonObject } from '@palace/jq/json.ts';
import { stringify } from 'yaml';
import { canonicalText } from './canonical.ts';
import { createReport } from './report.ts';
import { readYaml } from './yaml.ts';

/** Undefined: the document is larger or deeper than a text may be. */
export function yamlText(document: JsonObject): string | undefined {
  const wanted = canonicalText(document);
  const isRead = (text: string): boolean => canonicalText(readBack(text)) === wanted;
  // JSON is YAML too: for what the library writes in a form that the reader does not take.
  return [yamlOf(document), jsonOf(document)].find(isRead);
}

/** A stored text in the form that is asked for; when it has that form it stays as it is, with the comments of its author. */
export function documentText(source: string, form: 'yaml' | 'json'): string {
  if (isJson(source) !== (form === 'json')) {
    const document = readBack(source);
    if (form === 'json') return jsonOf(document);
    if (isObject(document)) return yamlText(document) ?? source;
  }
  return source.endsWith('\n') ? source : `${source}\n`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const jsonOf = (document: Json): string => `${JSON.stringify(document, null, 2)}\n`;

function yamlOf(document: JsonObject): string {
  return stringify(document, { version: '1.2', schema: 'core', lineWidth: 0, aliasDuplicateObjects: false });
}

function readBack(text: string): Json {
  return readYaml(createReport(text))?.value ?? null;
}
