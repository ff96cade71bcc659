// The flow that proves the engine from end to end: it starts, sleeps, computes, says an event, hears it, ends. No effect leaves.
// A change of the text needs a higher version: what is published never changes.

/** Nobody has a key of this tenant, so its flow and its runs stand in nobody's lists, quotas and counts. */
export const CANARY_TENANT = 'palace-system';
export const CANARY_FLOW = 'palace/canary';

export const CANARY_SOURCE = `
document:
  dsl: '1.0.3'
  namespace: palace
  name: canary
  version: '1.0.0'
  title: Started every minute to measure the way of a run from start to end
timeout: { after: PT1M }
do:
  - both:
      fork:
        branches:
          - hear:
              listen:
                to: { one: { with: { type: palace.canary.said, subject: '\${ . == $workflow.id }' } } }
          - say:
              do:
                - sleep: { wait: PT0.1S }
                - compute: { set: { sum: '\${ [range(100)] | add }' } }
                - tell:
                    emit:
                      event:
                        with: { source: /palace/canary, type: palace.canary.said, subject: '\${ $workflow.id }', data: '\${ . }' }
`;
