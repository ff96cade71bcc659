// Decides whether a tenant may call a target at the addresses it resolved to. Pure but for the rules' source and its one-second memory.
// I1 Every address must pass; one bad answer among good ones refuses all.
// I2 Deny rules win. Metadata, link-local, reserved, and multicast addresses have no rule that opens them.
// I3 When the rules cannot be read, nothing is sent.
import { asPalaceError } from '../database/failure.ts';
import { PalaceError } from '../errors.ts';
import { type AddressClass, classifyAddress, isAllowable, isMetadataName, worseClass } from './classify.ts';
import { EgressFailure, type EgressRule, type EgressRules } from './port.ts';
import { remember } from './remember.ts';
import { canonicalHost, hostPort, type Target } from './target.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface Refusal {
  readonly tenant: string;
  readonly host: string;
  readonly port: number;
  readonly address: string | undefined;
  readonly addressClass: AddressClass;
}

export type RuleIndex = ReadonlyMap<string, EgressRule>;

const RULES_FRESH_MS = 1_000;
const MAX_TENANTS = 10_000;

function indexRules(rules: readonly EgressRule[]): RuleIndex {
  const index = new Map<string, EgressRule>();
  for (const rule of rules) {
    const key = hostPort(canonicalHost(rule.host), rule.port);
    if (rule.action === 'deny' || !index.has(key)) index.set(key, rule);
  }
  return index;
}

/** Rules by tenant, asked at most once a second each. Fails closed when they cannot be read. */
export function cachedRules(rules: EgressRules, now: () => number): (tenant: string) => RuleIndex | Promise<RuleIndex> {
  const ask = async (tenant: string): Promise<RuleIndex> => {
    try {
      const list = await rules.list(tenant);
      return indexRules(list.filter((rule) => rule.tenant === tenant));
    } catch (error) {
      const known = asPalaceError(error);
      const kind = known instanceof PalaceError && known.row.retry === 'later' ? 'unready' : 'connect';
      throw new EgressFailure(kind, 'not-sent', `The egress rules cannot be read, so nothing was sent: ${String(error)}`);
    }
  };
  return remember(ask, { freshMs: RULES_FRESH_MS, maxKeys: MAX_TENANTS, now });
}

const WHY_NEVER: Readonly<Record<AddressClass, string>> = {
  public: '',
  loopback: '',
  private: '',
  'link-local': 'Link-local addresses can never be allowed.',
  metadata: 'Metadata addresses can never be allowed.',
  reserved: 'Reserved addresses can never be allowed.',
  multicast: 'Multicast addresses can never be allowed.',
};

function refusalText(target: Target, refusal: Refusal, denied: EgressRule | undefined): string {
  const place = hostPort(target.host, target.port);
  const at = refusal.address === undefined || refusal.address === target.host ? '' : ` (${refusal.address})`;
  const subject = `Calling ${place}${at} is refused: the address is ${refusal.addressClass}`;
  const command = `palace egress allow ${place}`;
  if (denied !== undefined) return `${subject} and a rule denies it (${denied.reason}). To change the rule: ${command}`;
  if (isAllowable(refusal.addressClass)) return `${subject}. If it is meant to be called: ${command}`;
  return `${subject}. ${WHY_NEVER[refusal.addressClass]} "${command}" would be refused as well.`;
}

function verdict(tenant: string, target: Target, index: RuleIndex, addresses: readonly ResolvedAddress[]): Refusal | undefined {
  const rule = index.get(hostPort(target.host, target.port));
  let worst: AddressClass = isMetadataName(target.host) ? 'metadata' : 'public';
  let culprit: string | undefined;
  for (const { address } of addresses) {
    const kind = classifyAddress(address);
    if (culprit === undefined || worseClass(kind, worst) !== worst) culprit = address;
    worst = worseClass(kind, worst);
  }
  if (rule?.action !== 'deny' && (worst === 'public' || (isAllowable(worst) && rule?.action === 'allow'))) return undefined;
  return { tenant, host: target.host, port: target.port, address: culprit, addressClass: worst };
}

/** Throws EgressFailure of kind `refused`; tells `onRefused` first. */
export function enforce(
  tenant: string,
  target: Target,
  index: RuleIndex,
  addresses: readonly ResolvedAddress[],
  onRefused: ((refusal: Refusal) => void) | undefined,
): void {
  const refusal = verdict(tenant, target, index, addresses);
  if (refusal === undefined) return;
  onRefused?.(refusal);
  const rule = index.get(hostPort(target.host, target.port));
  throw new EgressFailure('refused', 'not-sent', refusalText(target, refusal, rule?.action === 'deny' ? rule : undefined));
}

/** Refused without asking the resolver: names of metadata services. */
export const refusedByName = (target: Target): boolean => isMetadataName(target.host);
