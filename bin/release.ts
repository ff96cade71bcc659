// The release this checkout is, from package.json.
import { VERSION } from '@palace/platform/release.ts';

export const RELEASE = `AgentsPalace ${VERSION} (Node ${process.versions.node})`;
