// The reference page: plain HTML from the OpenAPI document and the error table. No script, no remote load, one inline style by hash.
// I1 Everything that comes from a document is escaped for HTML (S16, S30).
import { hash } from 'node:crypto';
import { ERRORS } from '@palace/platform/errors.ts';
import type { OpenApi, Operation } from './openapi.ts';

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem 1.5rem 4rem;max-width:60rem}
h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0}
summary{cursor:pointer;padding:.5rem .8rem}summary:focus-visible{outline:2px solid}
.in{padding:0 .8rem .8rem}code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:var(--soft);padding:.6rem;overflow:auto;border-radius:4px}
b.m{display:inline-block;min-width:4.2rem;font-family:ui-monospace,monospace}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}
`;
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function referencePage(document: OpenApi): string {
  const groups = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags[0] ?? 'system';
      groups.set(tag, [...(groups.get(tag) ?? []), operationHtml(method, path, operation)]);
    }
  }
  const sections = [...groups].map(([tag, operations]) => `<h2 id="${escape(tag)}">${escape(tag)}</h2>${operations.join('')}`);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>AgentsPalace API</title><style>${STYLE}</style></head><body><h1>AgentsPalace API</h1>`,
    '<p>Send <code>Authorization: Bearer API_KEY</code>. The machine-readable form is <a href="/v1/openapi.json">/v1/openapi.json</a>.',
    ' Failures are problem documents; their codes are listed <a href="#errors">below</a>.</p>',
    ...sections,
    errorsHtml(),
    '</body></html>\n',
  ].join('');
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (parameter) =>
      `<tr><td><code>${escape(parameter.name)}</code></td><td>${parameter.in}${parameter.required ? ', required' : ''}</td>` +
      `<td><code>${escape(JSON.stringify(parameter.schema))}</code></td></tr>`,
  );
  const body = operation.requestBody?.content['application/json'];
  const responses = Object.entries(operation.responses)
    .filter(([status]) => status !== 'default')
    .map(([status, response]) => {
      const schema = response.content?.['application/json']?.schema;
      return `<p><b>${escape(status)}</b> ${escape(response.description)}</p>${schema === undefined ? '' : schemaHtml(schema)}`;
    });
  return [
    `<details id="${escape(operation.operationId)}"><summary><b class="m">${method.toUpperCase()}</b><code>${escape(path)}</code> `,
    `${escape(operation.summary)}</summary><div class="in"><p>Permission: <code>${escape(operation['x-permission'])}</code></p>`,
    parameters.length === 0 ? '' : `<table>${parameters.join('')}</table>`,
    body === undefined ? '' : `<p><b>Body</b></p>${schemaHtml(body.schema)}`,
    ...responses,
    '</div></details>',
  ].join('');
}

function schemaHtml(schema: unknown): string {
  return `<pre>${escape(JSON.stringify(schema, null, 2))}</pre>`;
}

function errorsHtml(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, row]) =>
      `<tr id="${escape(code)}"><td><code>${escape(code)}</code></td><td>${row.status}</td><td>${escape(row.title)}</td><td>${escape(row.next)}</td></tr>`,
  );
  return `<h2 id="errors">errors</h2><table><tr><th>code</th><th>status</th><th>meaning</th><th>what to do</th></tr>${rows.join('')}</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}
