// docs/errors.md as text, from the error table. errors.test.ts holds the file to it; write-errors-page.ts writes it.
import { ERRORS, type ErrorRow, type RetryMeaning } from './errors.ts';

const RETRY: Readonly<Record<RetryMeaning, string>> = {
  never: 'no: it fails again as it is',
  'after-change': 'after a change',
  later: 'later, the same request',
  safe: 'yes, the same request',
};

const INTRODUCTION = `# Errors

Every failure that a user, a client or an operator can meet. Over HTTP each is an RFC 9457 problem document:
\`code\` is the name below, \`title\` its sentence, \`detail\` the case at hand, \`errors\` the places in the input
that are wrong, and \`retryAfterSeconds\` (also the header Retry-After) how long to wait. On the command line it is one sentence with what to
do next. A code never changes its meaning. \`boot.*\` only ends a start and never reaches a client.

This page is written from \`platform/errors.ts\`; a test holds the two together.
`;

export function renderErrorsPage(): string {
  const rows = Object.entries(ERRORS) as [string, ErrorRow][];
  return `${INTRODUCTION}\n${rows.map(([code, row]) => section(code, row)).join('\n')}`;
}

function section(code: string, row: ErrorRow): string {
  return `## ${code}\n\n${row.title}.\n\n| HTTP status | Send it again? | What to do |\n|---|---|---|\n| ${row.status} | ${RETRY[row.retry]} | ${row.next.replaceAll('|', '\\|')} |\n`;
}
