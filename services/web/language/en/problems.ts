// What the screens of problems say, in English.
export const problems = {
  again: 'Try again',
  page: 'This page could not be shown',
  pageNext: 'Try again; if it stays so, reload the page and tell whoever runs this server.',
  strange: 'The server answered in a way that the console does not understand ({status})',
  strangeNext: 'Something between you and the server may have answered. Try again, or ask whoever runs it.',
  unreachable: 'The server does not answer',
  unreachableNext: 'Check your connection and that the server runs (`palace up`). It is asked again by itself.',
} as const;
