// What `palace up` says once it is ready: to a person a sentence and the way into the console, to a script one JSON line.
// I1 The link opens the door: it is made for whoever sits at the terminal or asked for JSON, and stands in no log.
import type { Call } from './call.ts';
import type { House } from './serve/house.ts';
import { showInBrowser } from './show-in-browser.ts';
import { jsonText, style } from './terminal.ts';

export type ReadyHouse = Pick<House, 'url' | 'credentials' | 'pids' | 'signInUrl'>;

export async function announceReady({ args, terminal, program, json }: Call, house: ReadyHouse, show = showInBrowser): Promise<void> {
  const { url, credentials, pids } = house;
  if (json) {
    const signInUrl = await house.signInUrl();
    return terminal.out(jsonText({ ready: true, url, credentials: credentials ?? null, signInUrl: signInUrl ?? null, pids }));
  }
  const data = args.text('data');
  const ready = style('green', 'AgentsPalace is ready');
  terminal.out(`${ready} at ${url}. Try: ${program} run samples/order-intake --wait${data === undefined ? '' : ` --data ${data}`}`);
  if (!terminal.outIsTerminal) return;
  const signInUrl = await house.signInUrl();
  if (signInUrl === undefined) return;
  terminal.out(`Console   ${signInUrl}`);
  if (!args.has('no-open')) show(signInUrl, terminal.outIsTerminal);
}
