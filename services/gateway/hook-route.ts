// POST /v1/hooks/{id}: deliveries of others, without a credential of ours. The id says for whom, the signature says from whom.
// I1 Answered after the commit that keeps it; what is refused is told why, and a delivery that came before is answered as then.
// I2 The address has its rate like every other public one, and reading is bounded before anything is known of the sender.
import { z } from 'zod';
import { hookAccepted, hookId, route } from './contract.ts';
import type { HookIntake, Route } from './contract.ts';

const MOST_HOOK_BYTES = 1_048_576;

export function hookRoute(intake: HookIntake): Route {
  return route({
    method: 'post',
    path: '/v1/hooks/{id}',
    summary: 'Deliver a message to a webhook: signed, and kept once',
    permission: 'public',
    audit: { none: 'Each delivery is kept with its webhook.' },
    loader: 'collection',
    params: z.strictObject({ id: hookId }),
    rawBody: true,
    maxBodyBytes: MOST_HOOK_BYTES,
    responses: { 200: hookAccepted, 202: hookAccepted },
    async handle({ params, raw }) {
      if (raw === undefined) throw new Error('The body of a delivery was not read as it came.');
      const { id, duplicate } = await intake.accept(params.id, raw);
      return { status: duplicate ? 200 : 202, body: { id, duplicate } };
    },
  });
}
