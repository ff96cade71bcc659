// The samples, built: each gives the very document that its YAML file holds.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { branches, errorType, flow, jq, signal, steps, type JsonObject, type Step, type StepList } from './flow-builder.ts';

const sample = (path: string): unknown => parse(readFileSync(new URL(`../samples/${path}`, import.meta.url), 'utf8')) as unknown;

const enrichment = flow({
  document: { namespace: 'samples', name: 'order-enrichment', version: '1.0.0', title: 'Order enrichment' },
  use: { retries: { shortly: { delay: { milliseconds: 20 }, backoff: { exponential: {} }, limit: { attempt: { count: 6 } } } } },
  do: steps({
    begin: { set: { orders: jq`.orders`, done: [], retries: 0 } },
    eachOrder: {
      for: { each: 'order', in: '.orders' },
      do: steps({
        lookUp: {
          try: steps({
            customer: {
              call: 'http',
              with: { method: 'get', endpoint: jq`$runtime.metadata.sampleService + "/customers/" + $order.customer + "?order=" + $order.order` },
              output: {
                as: '{ orders: $input.orders, done: ($input.done + [ $order + { tier: .tier, name: .name } ]), retries: ($input.retries + .attempt - 1) }',
              },
            },
          }),
          catch: { errors: { with: { type: errorType('communication'), status: 503 } }, retry: 'shortly' },
        },
      }),
    },
    finish: { set: { orders: jq`.done`, retries: jq`.retries` } },
  }),
});

/** A lane of four: what differs between the four branches is a number. */
const lane = (i: number): Step<never> => ({
  run: {
    workflow: {
      namespace: 'samples',
      name: 'order-enrichment',
      version: '1.0.0',
      input: { orders: `\${ [ .orders | to_entries[] | select(.key % 4 == ${i}) | .value ] }` },
    },
  },
});

const review: StepList = steps({
  waitForApproval: {
    listen: { to: { one: signal('approve') } },
    timeout: { after: jq`{ seconds: $context.waitSeconds }` },
    output: { as: '{ orders: $input.orders, large: $input.large, approved: ([ .[].orders[]? ] // []) }' },
  },
});

const intake = flow({
  document: {
    namespace: 'samples',
    name: 'order-intake',
    version: '1.0.0',
    title: 'Order intake',
    summary: 'Reads orders, checks and prices them, looks each customer up, asks a person about the large ones, reports totals.',
  },
  input: { from: '{ largeFrom: (.largeFrom // 10000), waitSeconds: (.waitSeconds // 10) }' },
  do: steps({
    readOrders: {
      call: 'http',
      with: { method: 'get', endpoint: jq`$runtime.metadata.sampleService + "/orders.csv"` },
      output: {
        as: String.raw`[ split("\n")[1:][] | select(length > 0) | split(",")
  | { order: .[0], customer: .[1], country: .[2], sku: .[3], quantity: (.[4] | tonumber? // 0), price: (.[5] | tonumber? // 0), date: .[6] } ]`,
      },
      export: { as: '{ largeFrom: $input.largeFrom, waitSeconds: $input.waitSeconds, received: length }' },
    },
    validate: {
      set: {
        valid: jq`[ .[] | select(.quantity > 0 and .price > 0 and .country != "" and .sku != "") ]`,
        rejected: jq`[ .[] | select((.quantity > 0 and .price > 0 and .country != "" and .sku != "") | not) | .order ]`,
      },
      export: { as: '$context + { rejected: .rejected }' },
    },
    price: {
      set: {
        orders: jq`[ .valid[]
   | (.quantity * .price) as $net
   | (if $net >= 10000 then 0.08 elif $net >= 2000 then 0.04 else 0 end) as $discount
   | { DE: 0.19, FR: 0.20, NL: 0.21, TR: 0.20, IT: 0.22, ES: 0.21, PL: 0.23, SE: 0.25 }[.country] as $vat
   | . + { net: ($net * (1 - $discount) * 100 | round / 100), gross: ($net * (1 - $discount) * (1 + $vat) * 100 | round / 100) } ]`,
      },
    },
    enrich: {
      fork: { branches: branches({ lane1: lane(0), lane2: lane(1), lane3: lane(2), lane4: lane(3) }) },
      output: { as: '{ orders: (map(.orders) | add | sort_by(.order)), retries: (map(.retries) | add) }' },
      export: { as: '$context + { retries: .retries }' },
    },
    review: {
      if: 'any(.orders[]; .gross >= $context.largeFrom)',
      input: { from: '{ orders: .orders, large: [ .orders[] | select(.gross >= $context.largeFrom) | .order ] }' },
      try: review,
      catch: {
        errors: { with: { type: errorType('timeout') } },
        do: steps({ nobodyAnswered: { set: { orders: jq`.orders`, large: jq`.large`, approved: [] } } }),
      },
      output: {
        as: `.approved as $approved | .large as $large | { orders: [ .orders[] | .order as $id | . + { status: (if ($large | any(. == $id)) then (if ($approved | any(. == $id)) then "approved" else "held for review" end) else "accepted" end) } ] }`,
      },
    },
    report: {
      set: {
        received: jq`$context.received`,
        rejected: jq`$context.rejected`,
        accepted: jq`[ .orders[] | select(.status != "held for review") ] | length`,
        heldForReview: jq`[ .orders[] | select(.status == "held for review") | .order ]`,
        approved: jq`[ .orders[] | select(.status == "approved") | .order ]`,
        retriedCalls: jq`$context.retries`,
        grossTotal: jq`[ .orders[].gross ] | add * 100 | round / 100`,
        grossByCountry: jq`.orders | group_by(.country) | map({ key: .[0].country, value: (map(.gross) | add * 100 | round / 100) }) | from_entries`,
        goldCustomers: jq`[ .orders[] | select(.tier == "gold") | .customer ] | unique | length`,
      },
    },
  }),
});

const service = (path: string): `\${${string}}` => `\${ $runtime.metadata.sampleService + ${path} }`;
const told = (type: string, data: JsonObject): Step<never> => ({
  emit: {
    event: { with: { source: 'https://samples.invalid/subscription', type: `samples.subscription.${type}`, data: { customer: jq`.customer`, ...data } } },
  },
  output: { as: '$input' },
});

const charging = steps({
  monthly: {
    for: { each: 'month', in: '[ range(1; .months + 1) ]' },
    do: steps({
      charge: {
        call: 'http',
        with: { method: 'post', endpoint: service('"/charges"'), body: { customer: jq`.customer`, month: jq`$month`, declined: jq`$month >= .declinedFrom` } },
        metadata: {
          palace: {
            effect: 'unique',
            deadline: 'PT5S',
            verify: {
              with: { method: 'get', endpoint: service('"/charges/" + $effect.key') },
              happened: '.status == 200',
              result: '.body',
              absenceFinal: true,
            },
          },
        },
        output: { as: '$input + { charges: ($input.charges + [ .charge ]) }' },
        export: { as: '$context + { charges: .charges }' },
      },
      charged: told('charged', { month: jq`$month` }),
      nextMonth: { wait: { milliseconds: 300 } },
    }),
  },
  paid: { set: { customer: jq`.customer`, outcome: 'all months paid', charges: jq`.charges`, refunds: [] } },
});

const compensation = steps({
  refunds: {
    input: { from: '{ customer: .customer, refunds: [] }' },
    for: { each: 'chargeId', in: '$context.charges | reverse' },
    do: steps({
      refund: {
        call: 'http',
        with: { method: 'put', endpoint: service('"/refunds/" + $chargeId') },
        output: { as: '$input + { refunds: ($input.refunds + [ .refund ]) }' },
      },
    }),
  },
  ended: told('ended', { reason: 'card declined' }),
  compensated: { set: { customer: jq`.customer`, outcome: 'card declined', charges: jq`$context.charges`, refunds: jq`.refunds` } },
});

const subscription = flow({
  document: { namespace: 'samples', name: 'subscription', version: '1.0.0', title: 'Subscription with compensation' },
  input: { from: '{ customer: (.customer // "C-007"), months: (.months // 4), declinedFrom: (.declinedFrom // 3) }' },
  do: steps({
    begin: { set: { customer: jq`.customer`, months: jq`.months`, declinedFrom: jq`.declinedFrom`, charges: [] }, export: { as: '{ charges: [] }' } },
    trial: { wait: { seconds: 1 } },
    live: {
      fork: {
        compete: true,
        branches: branches({
          billing: { try: charging, catch: { errors: { with: { type: errorType('communication'), status: 402 } }, as: 'declined', do: compensation } },
          cancelledByCustomer: {
            do: steps({
              hearCancel: { listen: { to: { one: { with: { type: 'samples.subscription.cancel', data: jq`.customer == "C-007"` } } } } },
              cancelled: { set: { outcome: 'cancelled by the customer', charges: jq`$context.charges`, refunds: [] } },
            }),
          },
        }),
      },
    },
  }),
});

describe('a sample that is built', () => {
  it.each([
    ['order-intake/flow.yaml', intake],
    ['order-intake/flow-enrichment.yaml', enrichment],
    ['subscription/flow.yaml', subscription],
  ])('equals %s', (path, built) => {
    expect(built).toEqual(sample(path));
  });

  it('would differ if a word of it did', () => {
    expect({ ...subscription, do: steps({ other: { wait: 'PT1S' } }) }).not.toEqual(sample('subscription/flow.yaml'));
  });
});
