import { compileFlow } from '@palace/flow/core/compile.ts';
import { expect, test } from 'vitest';
import { readSource } from '../text/flow-source.ts';
import { TEMPLATE_NAMES, TEMPLATES } from './templates.ts';

test.each(TEMPLATE_NAMES)('the template %s compiles as it stands and is read by the editor', (name) => {
  const compiled = compileFlow(TEMPLATES[name]);
  expect(compiled.ok ? [] : compiled.errors).toEqual([]);
  expect(readSource(TEMPLATES[name])?.named).toEqual({ namespace: 'my', name, version: '1.0.0' });
});
