// The schema `palace`: what belongs to the database as a whole.
import { loadMigrations } from './load-migrations.ts';
import type { MigrationPlan } from './port.ts';

export const palaceMigrations = (): MigrationPlan => ({ schema: 'palace', migrations: loadMigrations(new URL('./migrations/', import.meta.url)) });
