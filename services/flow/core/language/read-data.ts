// YAML of others as plain data: read like a flow (no tags, anchors, second document; length, depth and nodes bounded), and not compiled.
import type { Json } from '@palace/jq/json.ts';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import { createReport } from './report.ts';
import { readYaml } from './yaml.ts';

export type ReadData = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly errors: ErrorPlace[] };

export function readData(source: string): ReadData {
  const report = createReport(source);
  const root = readYaml(report);
  return root === undefined || report.failed() ? { ok: false, errors: report.errors() } : { ok: true, value: root.value };
}
