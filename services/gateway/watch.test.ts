import { expect, test } from 'vitest';
import { PalaceError } from '@palace/platform/errors.ts';
import { createTelemetry } from '@palace/platform/telemetry/telemetry.ts';
import { openWatch } from './watch.ts';

test('an outage is one line a second, however many ask, and is counted by its reason', async () => {
  const lines: string[] = [];
  const telemetry = createTelemetry({ service: 'test', level: 'warn', write: (line) => void lines.push(line) });
  const watch = openWatch(telemetry);
  const exchange = { span: watch.spanOf(undefined), route: '/v1/runs' };
  for (let n = 0; n < 500; n++) watch.refusedOrFailed(exchange, new PalaceError('unavailable.database'));
  expect(lines).toHaveLength(1);
  watch.refusedOrFailed(exchange, new PalaceError('internal'));
  expect(lines).toHaveLength(2);
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  watch.refusedOrFailed(exchange, new PalaceError('unavailable.database'));
  expect(lines[2]).toContain('"palace.left_out":499');
  expect(await telemetry.metrics()).toContain('palace_refused_total{reason="unavailable.database"} 501');
  await telemetry.close();
});
