// The texts in English, and with them the keys of all languages. One file a screen.
import { design } from './en/design.ts';
import { editor } from './en/editor.ts';
import { events } from './en/events.ts';
import { firstRun } from './en/first-run.ts';
import { flows } from './en/flows.ts';
import { frame } from './en/frame.ts';
import { health } from './en/health.ts';
import { home } from './en/home.ts';
import { problems } from './en/problems.ts';
import { run } from './en/run.ts';
import { schedules } from './en/schedules.ts';
import { settings } from './en/settings.ts';
import { signIn } from './en/sign-in.ts';
import { webhooks } from './en/webhooks.ts';

export const en = { design, editor, events, firstRun, flows, frame, health, home, problems, run, schedules, settings, signIn, webhooks } as const;
