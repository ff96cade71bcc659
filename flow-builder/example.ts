// Approval of an expense: small ones pass, large ones ask a person, and whoever does not answer says no.
import { errorType, flow, jq, signal, steps } from '@palace/flow-builder/flow-builder.ts';

const limit = 500;

export const expense = flow({
  document: { namespace: 'office', name: 'expense', version: '1.0.0' },
  do: steps({
    size: {
      switch: [{ small: { when: jq`.amount <= ${limit}`, then: 'pay' } }, { large: { then: 'ask' } }],
    },
    ask: {
      try: steps({
        approval: {
          listen: { to: { one: signal('approve') } },
          timeout: { after: { hours: 24 } },
          output: { as: jq`$input + { approved: .[0].approved }` },
        },
      }),
      catch: {
        errors: { with: { type: errorType('timeout') } },
        do: steps({ nobody: { set: jq`. + { approved: false }` } }),
      },
    },
    decide: {
      switch: [{ no: { when: jq`.approved != true`, then: 'refuse' } }, { yes: { then: 'pay' } }],
    },
    pay: { set: { paid: jq`.amount` }, then: 'end' },
    refuse: { set: { paid: 0, refused: true } },
  }),
});
