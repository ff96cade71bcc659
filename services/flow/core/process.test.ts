// What goes into a script or command and what its end means.
import { describe, expect, it } from 'vitest';
import { processInput, processResult, returnOf } from './process.ts';

describe('what a process is given', () => {
  it('is text as it stands, and the JSON text of everything else', () => {
    expect(processInput({ arguments: ['a', 1, null, { b: [true] }], environment: { N: 2, S: 'x y' }, stdin: { in: 'put' } })).toEqual({
      arguments: ['a', '1', 'null', '{"b":[true]}'],
      environment: { N: '2', S: 'x y' },
      stdin: '{"in":"put"}',
    });
  });
  it('is nothing where nothing is given', () => {
    expect(processInput({})).toEqual({ arguments: [], environment: {}, stdin: '' });
    expect(returnOf({})).toBe('stdout');
  });
  it('has no variable from a prototype', () => {
    const given = processInput({ environment: JSON.parse('{"__proto__": "x"}') as never });
    expect(Object.keys(given.environment)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('the end of a process', () => {
  const good = { code: 0, stdout: 'out\n', stderr: 'err\n' };
  it('gives what the step returns', () => {
    expect(processResult('It', 'stdout', good)).toEqual({ result: 'out\n' });
    expect(processResult('It', 'stderr', good)).toEqual({ result: 'err\n' });
    expect(processResult('It', 'code', good)).toEqual({ result: 0 });
    expect(processResult('It', 'all', good)).toEqual({ result: { code: 0, stdout: 'out\n', stderr: 'err\n' } });
    expect(processResult('It', 'none', good)).toEqual({ result: null });
  });
  it('with another code is a fault that says what stderr said, unless the code is returned', () => {
    const bad = { code: 3, stdout: '', stderr: 'no such thing\n' };
    for (const mode of ['stdout', 'stderr', 'none'] as const)
      expect(processResult('The script', mode, bad)).toMatchObject({ fault: { status: 500, detail: 'The script ended with code 3: no such thing' } });
    expect(processResult('The script', 'code', bad)).toEqual({ result: 3 });
    expect(processResult('The script', 'all', bad)).toEqual({ result: bad });
  });
  it('tells no more than the end of a long stderr', () => {
    const told = processResult('It', 'none', { code: 1, stdout: '', stderr: `${'x'.repeat(10_000)} reason` });
    expect('fault' in told && told.fault.detail).toMatch(/^It ended with code 1: \.\.\.x+ reason$/);
    expect('fault' in told && (told.fault.detail ?? '').length).toBeLessThan(600);
  });
  it('holds no character that the database refuses', () => {
    expect(processResult('It', 'all', { code: 0, stdout: 'a\u0000b\ud800', stderr: '\u0000' })).toEqual({
      result: { code: 0, stdout: 'a\uFFFDb\uFFFD', stderr: '\uFFFD' },
    });
  });
});
