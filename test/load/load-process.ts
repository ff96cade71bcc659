// One process of load: takes its plan, tells when it is ready to offer, offers, tells its tally, ends. The other side is load.ts.
import { offer, type Plan, type Tally } from './offer.ts';

export type Told = { readonly kind: 'opened' } | { readonly kind: 'done'; readonly tally: Tally; readonly cpuSeconds: number };

const tell = (told: Told, sent: () => void = () => undefined): unknown => process.send?.(told, sent);

const tally = await offer(JSON.parse(process.argv[2] ?? '{}') as Plan, () => tell({ kind: 'opened' }));
const { user, system } = process.cpuUsage();
tell({ kind: 'done', tally, cpuSeconds: (user + system) / 1_000_000 }, () => process.disconnect());
