import { inFolder } from './engine/ground.ts';
import { startServed } from './engine/served.ts';
await inFolder(async (dir) => {
  for (let i=0;i<4;i++) { const s = await startServed({dataDir: dir}); console.log(i, 'ready', s.readyMs|0, 'opened', s.openedMs|0); if (i<2) await s.stop(); else await s.kill(); }
  const s = await startServed({dataDir: dir}); await s.stop();
});
