// A session without walking through the sign-in page: for what is not about signing in.
import type { BrowserContext } from 'playwright-core';

/** The link's token is given to the API as the page would; the cookie stays in the context. */
export async function enterByLink(context: BrowserContext, link: string): Promise<void> {
  const { origin, hash } = new URL(link);
  const answer = await context.request.post(`${origin}/v1/sign-in/link`, { data: { token: hash.replace('#token=', '') }, headers: { origin } });
  if (!answer.ok()) throw new Error(`the link was not taken: ${answer.status()} ${await answer.text()}`);
}
