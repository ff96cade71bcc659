// palace login: a link that signs the owner in to the console, once, within ten minutes.
import { Api } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { findServer } from '../find-server.ts';
import { showInBrowser } from '../show-in-browser.ts';
import { jsonText } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, json } = call;
  const person = args.text('person');
  const link = await new Api(new Client(findServer(call))).signInLink(person === undefined ? {} : { person });
  terminal.out(json ? jsonText(link) : link.url);
  if (json) return 0;
  terminal.note(`Whoever opens it first is signed in; until ${link.expiresAt}.`);
  if (args.has('open') && !showInBrowser(link.url, terminal.outIsTerminal)) terminal.note('There is no display here to open it on.');
  return 0;
}
