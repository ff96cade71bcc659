// The release this checkout is, from package.json.
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
export const RELEASE = `AgentsPalace ${version} (Node ${process.versions.node})`;
