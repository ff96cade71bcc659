// For tests: a real podman with a store of its own and one image made of the machine's static busybox; nothing is fetched.
// Where it cannot run a container, `openPodman` says why and the tests are skipped with that word.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Podman {
  readonly program: string;
  readonly image: string;
  /** Standard output. Throws when it fails. */
  call(...args: readonly string[]): string;
  close(): void;
}

const IMAGE = 'localhost/palace-test:1';
const APPLETS = ['sh', 'cat', 'echo', 'env', 'id', 'ls', 'sleep', 'touch', 'head', 'yes', 'wc', 'dd', 'true', 'grep', 'ip', 'mkdir', 'rm'];
const FIRST_MS = 60_000;

export function openPodman(): Podman | { readonly why: string } {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/podman')) return { why: 'podman is not installed' };
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) return { why: 'busybox is not installed' };
  let why = 'neither runc nor crun is installed';
  for (const runtime of ['runc', 'crun']) {
    const folder = mkdtempSync(join(tmpdir(), 'palace-podman-'));
    const podman = podmanIn(folder, runtime);
    try {
      makeImage(folder, busybox, podman);
      podman.call('run', '--rm', '--network=none', '--memory=64m', '--pids-limit=50', IMAGE, 'true');
      return podman;
    } catch (error) {
      why = `podman runs no container here (${lastLine(error)})`;
      podman.close();
    }
  }
  return { why };
}

/** Limits that every user may set, and no service of the system. */
const configOf = (runtime: string): string => `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "${runtime}"
`;

function podmanIn(folder: string, runtime: string): Podman {
  const program = join(folder, 'podman');
  writeFileSync(join(folder, 'containers.conf'), configOf(runtime));
  const flags = `--root ${folder}/root --runroot ${folder}/run --storage-driver vfs`;
  writeFileSync(program, `#!/bin/sh\nCONTAINERS_CONF=${folder}/containers.conf exec /usr/bin/podman ${flags} "$@"\n`, { mode: 0o700 });
  const call: Podman['call'] = (...args) => execFileSync(program, args, { encoding: 'utf8', timeout: FIRST_MS, stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    program,
    image: IMAGE,
    call,
    close() {
      try {
        call('rm', '--all', '--force');
        call('rmi', '--all', '--force');
      } catch {
        // What is not there need not be removed.
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function makeImage(folder: string, busybox: string, podman: Podman): void {
  const root = join(folder, 'image');
  for (const name of ['bin', 'tmp', 'etc', 'proc', 'sys', 'dev', 'data']) mkdirSync(join(root, name), { recursive: true });
  copyFileSync(busybox, join(root, 'bin/busybox'));
  for (const name of APPLETS) symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  execFileSync('tar', ['-C', root, '-cf', join(folder, 'image.tar'), '.']);
  podman.call('import', join(folder, 'image.tar'), IMAGE);
}

const lastLine = (error: unknown): string =>
  (error as { stderr?: string }).stderr?.trim().split('\n').at(-1)?.slice(0, 200) ?? (error instanceof Error ? error.message : String(error));
