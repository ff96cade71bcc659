// Whether the console of this release is built, and why not when it was tried.
import { lookAt } from '@palace/web/service.ts';
import { consolePlaces } from '../serve/console.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

export async function checkConsole(dir: string): Promise<Finding> {
  try {
    const { folder, failure } = await lookAt(consolePlaces(dir));
    if (folder !== undefined) return good('console', `is built in ${folder}`);
    if (failure === undefined) return idle('console', 'is not built yet; palace up does it, or palace start web --build-only');
    const last = failure.lines.find((line) => /\berror\b/i.test(line) && !line.startsWith('>')) ?? failure.lines.at(-1) ?? '';
    return wrong(
      'console',
      `its build failed at ${failure.at}: ${last}`,
      'See the whole of it with palace start web --build-only; everything else works without.',
    );
  } catch (error) {
    return wrong(
      'console',
      `cannot be looked at: ${error instanceof Error ? error.message : String(error)}`,
      'Restore the checkout, or start with palace up --no-console.',
    );
  }
}
