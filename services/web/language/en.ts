// The texts in English, and with them the keys of all languages. One file a screen.
import { design } from './en/design.ts';
import { editor } from './en/editor.ts';
import { firstRun } from './en/first-run.ts';
import { flows } from './en/flows.ts';
import { frame } from './en/frame.ts';
import { home } from './en/home.ts';
import { problems } from './en/problems.ts';
import { run } from './en/run.ts';
import { runs } from './en/runs.ts';
import { settings } from './en/settings.ts';
import { signIn } from './en/sign-in.ts';

export const en = { design, editor, firstRun, flows, frame, home, problems, run, runs, settings, signIn } as const;
