// palace people: who signs in to the console, and as what. People are named by their address, which is how others know them.
import { Api, type InvitationView, type MemberView } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readPages } from '../pages.ts';
import { jsonText, oneLine, table } from '../terminal.ts';

const MOST_PEOPLE = 10_000;

export async function execute(call: Call): Promise<ExitCode> {
  const [action, email] = call.args.positionals;
  if (action === 'list' && email !== undefined) throw refused('palace people list takes no address.', { next: 'palace people list' });
  if (action !== 'list' && email === undefined) throw refused(`palace people ${action} needs the e-mail address of a person.`, { next: 'palace people list' });
  const api = new Api(new Client(findServer(call)));
  if (action === 'invite') return invite(call, api, email ?? '');
  if (action === 'role') return changeRole(call, api, email ?? '');
  if (action === 'rm') return remove(call, api, email ?? '');
  return list(call, api);
}

async function list({ terminal, json }: Call, api: Api): Promise<ExitCode> {
  const [people, { items: invitations }] = await Promise.all([members(api), api.listInvitations()]);
  if (json) terminal.out(jsonText({ people, invitations }));
  else
    table(
      terminal,
      ['E-MAIL', 'ROLE', 'STATE', 'LAST SEEN', 'NAME'],
      [
        ...people.map((one) => [one.email, one.role, 'member', one.lastSeenAt ?? '', one.name]),
        ...invitations.map((one) => [one.email, one.role, `invited until ${one.expiresAt}`, '', '']),
      ],
    );
  return 0;
}

async function invite({ args, terminal, json }: Call, api: Api, email: string): Promise<ExitCode> {
  const made = await api.invite(email, args.text('role') ?? 'viewer');
  terminal.out(json ? jsonText(made) : made.url);
  if (!json) terminal.note(`Hand this link to ${oneLine(made.email)}. Shown this once; it works once, until ${made.expiresAt}. Role ${made.role}.`);
  return 0;
}

async function changeRole({ args, terminal, json }: Call, api: Api, email: string): Promise<ExitCode> {
  const role = args.text('role');
  if (role === undefined) throw refused('--role is missing: say what they may do from now on.', { next: `palace people role ${email} --role operator` });
  const found = find(await members(api), email);
  if (found === undefined) {
    if (find((await api.listInvitations()).items, email) === undefined) throw nobody(email);
    throw refused(`${oneLine(email)} has not accepted the invitation yet.`, { next: `palace people invite ${email} --role ${role}` });
  }
  const changed = await api.changeRole(found.id, role);
  terminal.out(json ? jsonText(changed) : `${oneLine(changed.email)} is now ${changed.role}.`);
  return 0;
}

async function remove({ terminal, json }: Call, api: Api, email: string): Promise<ExitCode> {
  const [people, { items }] = await Promise.all([members(api), api.listInvitations()]);
  const [member, invitation] = [find(people, email), find(items, email)];
  if (member === undefined && invitation === undefined) throw nobody(email);
  if (member !== undefined) await api.removeMember(member.id);
  if (invitation !== undefined) await api.removeInvitation(invitation.id);
  const what = member === undefined ? 'the invitation of ' : '';
  terminal.out(json ? jsonText({ removed: email }) : `Removed ${what}${oneLine(email)}.`);
  return 0;
}

const members = async (api: Api): Promise<readonly MemberView[]> => (await readPages(MOST_PEOPLE, (cursor) => api.listPeople(cursor))).items;

const find = <T extends MemberView | InvitationView>(items: readonly T[], email: string): T | undefined =>
  items.find((one) => one.email === email.trim().toLowerCase());

const nobody = (email: string) => refused(`Nobody here has the address "${oneLine(email)}".`, { next: 'palace people list' });
