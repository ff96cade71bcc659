import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { ConsoleFrame } from '../../frame/console-frame.tsx';
import { RAIL_COOKIE } from '../../frame/looks.ts';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const railIsNarrow = (await cookies()).get(RAIL_COOKIE)?.value === 'narrow';
  return <ConsoleFrame railIsNarrow={railIsNarrow}>{children}</ConsoleFrame>;
}
