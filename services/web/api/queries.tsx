'use client';
// The cache of what was read: how long it counts, when it is read again, and what happens when nobody is signed in any more.
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { noteConnection } from './live.ts';
import { ApiProblem, mayReadAgain, readAgainAfterMs } from './problem.ts';

const FRESH_MS = 2_000;
const KEPT_MS = 10 * 60_000;

export function Queries({ onSignedOut, children }: { onSignedOut: () => void; children: ReactNode }) {
  const [client] = useState(() => makeClient(onSignedOut));
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

function makeClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onSuccess: () => noteConnection('queries', 'good'),
      onError: (error) => {
        if (!(error instanceof ApiProblem)) return;
        if (error.status === 401) onSignedOut();
        else if (error.kind === 'unreachable') noteConnection('queries', 'bad');
      },
    }),
    defaultOptions: {
      queries: { staleTime: FRESH_MS, gcTime: KEPT_MS, retry: mayReadAgain, retryDelay: readAgainAfterMs, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
