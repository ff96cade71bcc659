// How Next builds the console. All pages render on demand, because each answer has a nonce of its own; all data comes from the public API.
// The type check is the root's (`./palace check-code`), so that a build on a user's machine does no more than it must.
import { fileURLToPath } from 'node:url';
import type { NextConfig } from 'next';

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // The image optimizer would load native code for pictures that the console does not have.
  images: { unoptimized: true },
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
  experimental: {
    // The pages of the frame hold no data: one that was visited is shown again without a question to the server.
    staleTimes: { dynamic: 300, static: 300 },
    optimizePackageImports: ['radix-ui'],
  },
};

export default config;
