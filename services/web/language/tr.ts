// The texts in Turkish. One file a screen.
import type { Catalog } from './catalog.ts';
import { design } from './tr/design.ts';
import { editor } from './tr/editor.ts';
import { events } from './tr/events.ts';
import { firstRun } from './tr/first-run.ts';
import { flows } from './tr/flows.ts';
import { frame } from './tr/frame.ts';
import { health } from './tr/health.ts';
import { home } from './tr/home.ts';
import { problems } from './tr/problems.ts';
import { run } from './tr/run.ts';
import { schedules } from './tr/schedules.ts';
import { settings } from './tr/settings.ts';
import { signIn } from './tr/sign-in.ts';
import { webhooks } from './tr/webhooks.ts';

export const tr: Catalog = { design, editor, events, firstRun, flows, frame, health, home, problems, run, schedules, settings, signIn, webhooks };
