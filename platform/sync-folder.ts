// Makes the names in a folder last: a file that was renamed into it is there after a power cut only when the folder was synced too.
// I1 On Windows a folder cannot be opened for this, and need not be.
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';

const isNeeded = process.platform !== 'win32';

export async function syncFolder(folder: string): Promise<void> {
  if (!isNeeded) return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** For the start, where nothing else is to be done meanwhile. */
export function syncFolderNow(folder: string): void {
  if (!isNeeded) return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
