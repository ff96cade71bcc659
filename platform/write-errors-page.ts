// Writes docs/errors.md from the error table. A test fails when the two differ.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderErrorsPage } from './errors-page.ts';

writeFileSync(fileURLToPath(new URL('../docs/errors.md', import.meta.url)), renderErrorsPage());
