// Prometheus' own tool on files of a folder that lives as long as a file of tests.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { ROOT } from '../architecture/source.ts';

export interface Promtool {
  /** What it says when it is not content; '' when it is. */
  promtool(args: readonly string[], input?: string): string;
  /** Writes a file of the folder, and gives its name. */
  file(name: string, content: unknown): string;
}

export function promtoolForFile(): Promtool {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'palace-alerts-'));
    copyFileSync(join(ROOT, 'deploy/monitoring/alerts.yml'), join(folder, 'alerts.yml'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    promtool(args, input) {
      const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8', ...(input !== undefined && { input }) });
      return status === 0 ? '' : `${stdout}${stderr}`;
    },
    file(name, content) {
      writeFileSync(join(folder, name), JSON.stringify(content));
      return name;
    },
  };
}

export function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
