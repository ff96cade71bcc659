// Names of flows and runs as people type them, checked before anything is sent.
import { refused } from './failure.ts';

const FLOW = /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}(@[0-9A-Za-z.+-]{1,100})?$/;
const RUN = /^run_[0-9a-hjkmnp-tv-z]{26}$/;

export function checkFlowRef(text: string): string {
  if (FLOW.test(text)) return text;
  throw refused(`"${text}" is not a flow's name.`, { next: 'Write NAMESPACE/NAME, e.g. samples/order-intake; palace get flows lists them.' });
}

export function checkRunId(text: string): string {
  if (RUN.test(text)) return text;
  throw refused(`"${text}" is not a run id.`, { next: 'A run id is run_ and 26 letters and digits; palace get runs lists them.' });
}
