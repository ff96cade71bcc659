// One process of load: takes its plan, offers, tells its tally, ends. The other side is load.ts.
import { offer, type Plan } from './offer.ts';

const tally = await offer(JSON.parse(process.argv[2] ?? '{}') as Plan);
const { user, system } = process.cpuUsage();
process.send?.({ tally, cpuSeconds: (user + system) / 1_000_000 }, () => process.disconnect());
