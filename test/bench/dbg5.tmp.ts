const t=performance.now(); const c=process.cpuUsage();
await import('./engine/engine.ts');
const d=process.cpuUsage(c); console.log('import ms', performance.now()-t|0, 'cpu', (d.user+d.system)/1000|0);
