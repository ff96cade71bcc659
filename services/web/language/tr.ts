// The texts in Turkish. One file a screen.
import type { Catalog } from './catalog.ts';
import { design } from './tr/design.ts';
import { editor } from './tr/editor.ts';
import { firstRun } from './tr/first-run.ts';
import { flows } from './tr/flows.ts';
import { frame } from './tr/frame.ts';
import { home } from './tr/home.ts';
import { problems } from './tr/problems.ts';
import { run } from './tr/run.ts';
import { runs } from './tr/runs.ts';
import { settings } from './tr/settings.ts';
import { signIn } from './tr/sign-in.ts';

export const tr: Catalog = { design, editor, firstRun, flows, frame, home, problems, run, runs, settings, signIn };
