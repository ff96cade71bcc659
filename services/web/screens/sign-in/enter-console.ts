import { returnPath } from '../../frame/return-path.ts';

/** A whole new page: nothing of before, and the session's cookie with every request. */
export function enterConsole(): void {
  window.location.replace(returnPath(new URLSearchParams(window.location.search).get('next')));
}
