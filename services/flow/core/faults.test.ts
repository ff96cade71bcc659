import { describe, expect, it } from 'vitest';
import { canonicalErrorType, standardFault } from './faults.ts';

describe('standard errors', () => {
  it('have one spelling out of four', () => {
    for (const host of ['open-workflow-specification.org', 'serverlessworkflow.io']) {
      for (const path of ['spec/1.0.0/errors', 'dsl/errors/types']) {
        expect(canonicalErrorType(`https://${host}/${path}/timeout`)).toBe('https://open-workflow-specification.org/spec/1.0.0/errors/timeout');
      }
    }
  });
  it('leave other types alone, also near ones', () => {
    for (const type of [
      'https://example.com/timeout',
      'https://serverlessworkflow.io/errors/not-implemented',
      'https://serverlessworkflow.io/spec/1.0.0/errors/own',
      'constructor',
    ])
      expect(canonicalErrorType(type)).toBe(type);
  });
  it('have the statuses of the specification', () => {
    expect(
      (['configuration', 'validation', 'expression', 'authentication', 'authorization', 'timeout', 'communication', 'runtime'] as const).map(
        (kind) => standardFault(kind).status,
      ),
    ).toEqual([400, 400, 400, 401, 403, 408, 500, 500]);
    expect(standardFault('timeout', 'Took too long.', '/do/0/a')).toEqual({
      type: 'https://open-workflow-specification.org/spec/1.0.0/errors/timeout',
      status: 408,
      title: 'Timeout',
      detail: 'Took too long.',
      instance: '/do/0/a',
    });
  });
});
