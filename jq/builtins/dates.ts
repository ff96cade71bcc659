import type { Native } from '../native.ts';
export const DATE_NATIVES: ReadonlyMap<string, Native> = new Map<string, Native>();
