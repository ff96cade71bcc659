// Containers as steps of runs, by a real podman: what is published, what the journal keeps, what a crash leaves.
import type { Json } from '@palace/jq/json.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPodman } from './executors/testing.ts';
import { flowText, history, openInstallation, reached, start, until, type Installation, type TestNode } from './testing.ts';

const podman = openPodman();
const there = 'program' in podman;
const { program, image, call: direct } = there ? podman : { program: '', image: 'localhost/x:1', call: () => '' };
const CONFIG = { container: { allow: ['acme/test=localhost/*'], program } };

describe.skipIf(!there)(there ? 'a container of a step' : `a container of a step (skipped: ${podman.why})`, { timeout: 120_000 }, () => {
  let house: Installation;
  let node: TestNode;

  beforeAll(async () => {
    house = await openInstallation();
    node = await house.open({ config: CONFIG });
  });
  afterAll(async () => {
    await house.close();
    if (there) podman.close();
  });

  const container = (command: string, more: { readonly [key: string]: Json } = {}, effect = 'unique', deadline = 'PT40S') => ({
    run: { container: { image, command, ...more } },
    metadata: { palace: { effect, deadline } },
  });
  const publish = (name: string, steps: unknown) => node.flow.publish('acme', flowText(name, steps, { version: '1.0.0' }));
  const running = (): string => direct('ps', '--quiet').trim();

  it('gets the data of its step, and gives the next one its output; the journal has no command', async () => {
    await publish('k-data', [
      {
        work: { ...container('read x; echo "$1 $x $NAME" # MARK-COMMAND', { arguments: ['${ .a }'], environment: { NAME: 'n' }, stdin: 'in\n', name: 'box' }) },
      },
      { tell: { set: { told: '${ . }' } } },
    ]);
    const id = await start(node, 'k-data', { a: 1 });
    expect(await reached(node, id, 'completed', 'failed')).toMatchObject({ status: 'completed', output: { told: '1 in n\n' } });
    expect(JSON.stringify(await house.sql('select body from flow.journal where run = $1', [id]))).not.toContain('MARK-COMMAND');
  });

  it('that is unique is in doubt at its deadline, and when it was never begun has failed', async () => {
    await publish('k-doubt', [{ work: container('sleep 100', {}, 'unique', 'PT3S') }]);
    await publish('k-none', [{ work: { run: { container: { image: 'localhost/none:1', pullPolicy: 'never' } } } }]);
    expect(await reached(node, await start(node, 'k-doubt'), 'waiting')).toMatchObject({ waitingFor: [{ kind: 'in-doubt' }] });
    expect(await reached(node, await start(node, 'k-none'), 'failed')).toMatchObject({ error: { detail: expect.stringMatching(/cannot be made/) } });
    expect(direct('ps', '--all', '--quiet')).toBe('');
  });

  it('that may be repeated is begun anew by the next server, and what the crashed one left is gone', async () => {
    await publish('k-again', [{ work: container('sleep 4; echo done', {}, 'idempotent') }]);
    const id = await start(node, 'k-again');
    await until('it runs', async () => running() !== '');
    const first = running();
    await node.kill();
    node = await house.open({ config: CONFIG });
    expect(await reached(node, id, 'completed')).toMatchObject({ output: 'done\n' });
    expect((await history(node, id)).filter(({ type }) => type === 'effect.requested')).toHaveLength(1);
    await until('nothing is left', async () => direct('ps', '--all', '--quiet').trim() === '');
    expect(first).not.toBe('');
  });

  it('is refused at run time when its image was allowed at publishing and is not any more', async () => {
    await publish('k-later', [{ work: container('echo ran') }]);
    await node.close();
    node = await house.open({ config: { container: { allow: ['acme/test=docker.io/*'], program } } });
    expect(await reached(node, await start(node, 'k-later'), 'failed')).toMatchObject({
      error: { status: 403, detail: expect.stringMatching(/are not allowed in the namespace "test"/) },
    });
  });

  it('stops the start when nothing could run it, or its allowance is written wrong', async () => {
    await expect(house.open({ config: { container: { allow: ['test=alpine'], program: '/nonexistent' } } })).rejects.toMatchObject({ code: 'boot.containers' });
    await expect(house.open({ config: { container: { allow: ['alpine'] } } })).rejects.toMatchObject({ code: 'boot.config' });
  });
});
