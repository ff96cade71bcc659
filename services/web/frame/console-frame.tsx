'use client';
// What every screen may count on: the cache of the API, commands, tooltips, toasts.
import { useRouter } from 'next/navigation';
import { useCallback, type ReactNode } from 'react';
import { Queries } from '../api/queries.tsx';
import { Toasts } from '../design/toast.tsx';
import { TooltipProvider } from '../design/tooltip.tsx';
import { CommandProvider } from '../palette/commands.tsx';
import { signInAddress } from './return-path.ts';
import { Shell } from './shell.tsx';

export function ConsoleFrame({ railIsNarrow, children }: { railIsNarrow: boolean; children: ReactNode }) {
  const router = useRouter();
  const signIn = useCallback(() => router.replace(signInAddress(`${window.location.pathname}${window.location.search}`)), [router]);
  return (
    <Queries onSignedOut={signIn}>
      <TooltipProvider>
        <CommandProvider>
          <Shell railIsNarrow={railIsNarrow}>{children}</Shell>
          <Toasts />
        </CommandProvider>
      </TooltipProvider>
    </Queries>
  );
}
