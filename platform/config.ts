// The configuration of a process: one schema, read once at the start, handed on as a plain object.
// I1 This file alone reads the environment.
// I2 Every setting has a default that fits a laptop; what is set wrongly or misspelt stops the start, all of it in one message.
// I3 Secrets are `Secret`s: they print as [secret] wherever they end up.
// Called by bin/ and by tests.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { CANARY, CODE, CONTAINER, DURABLE, EFFECT, FLOW } from './config/engine.ts';
import { BLOBS, BUS, CACHE, DATABASE, HTTP, INSTALLATION, TELEMETRY } from './config/ground.ts';
import { RETENTION } from './config/retention.ts';
import { aboutSetting } from './config/setting.ts';
import { PalaceError, type ErrorPlace } from './errors.ts';
import { nearest } from './nearest.ts';
import { Secret } from './secret.ts';

const SECTIONS = {
  installation: INSTALLATION,
  database: DATABASE,
  bus: BUS,
  cache: CACHE,
  blobs: BLOBS,
  telemetry: TELEMETRY,
  http: HTTP,
  durable: DURABLE,
  flow: FLOW,
  effect: EFFECT,
  code: CODE,
  container: CONTAINER,
  retention: RETENTION,
  canary: CANARY,
} as const;

const CONFIG = z.strictObject(SECTIONS);

export type Config = z.output<typeof CONFIG>;

/** Values from flags; they go before the environment. */
export type ConfigOverrides = { readonly [Section in keyof Config]?: Partial<z.input<typeof CONFIG>[Section]> };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the client verbs; they are no settings of a server. */
const CLIENT_VARIABLES = ['PALACE_URL', 'PALACE_API_KEY', 'PALACE_CONTEXT'];

const SOURCES = new WeakMap<Config, ReadonlyMap<string, SettingSource>>();

export type SettingSource = 'default' | 'environment' | 'flag';

interface Setting {
  readonly section: string;
  readonly key: string;
  readonly variable: string;
  readonly sentence: string;
}

const SETTINGS: readonly Setting[] = Object.entries(SECTIONS).flatMap(([section, schema]) =>
  Object.entries(schema.shape as Record<string, z.ZodType>).map(([key, value]) => {
    const about = aboutSetting(value);
    if (about === undefined) throw new Error(`the setting ${section}.${key} lacks its variable`);
    return { section, key, ...about };
  }),
);

/** The whole configuration, or `boot.config` with every mistake. An empty variable counts as unset. */
export function loadConfig(overrides: ConfigOverrides = {}, environment: Environment = process.env): Config {
  const { input, sources } = gather(overrides, environment);
  const parsed = CONFIG.safeParse(input);
  const mistakes = [...unknownVariables(environment), ...(parsed.success ? [] : parsed.error.issues.map((issue) => placeOf(issue, sources)))];
  if (!parsed.success || mistakes.length > 0) throw refuse(mistakes);
  const config = withPaths(parsed.data);
  const late = checkTogether(config);
  if (late.length > 0) throw refuse(late);
  SOURCES.set(config, sources);
  return config;
}

export interface ClientEnvironment {
  readonly url?: string;
  readonly apiKey?: string;
  readonly data?: string;
  readonly context?: string;
  /** Where this user's programs keep their configuration. */
  readonly configHome?: string;
}

/** What a client verb may find in the environment. */
export function readClientEnvironment(environment: Environment = process.env): ClientEnvironment {
  const { PALACE_URL: url, PALACE_API_KEY: apiKey, PALACE_DATA: data, PALACE_CONTEXT: context, XDG_CONFIG_HOME: configHome } = environment;
  return { ...(url && { url }), ...(apiKey && { apiKey }), ...(data && { data }), ...(context && { context }), ...(configHome && { configHome }) };
}

/** Where a browser could be shown to whoever types here; undefined when they sit elsewhere, or nobody does. */
export function readDisplay(environment: Environment = process.env, platform: string = process.platform): 'open' | 'xdg-open' | undefined {
  const { DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION, CI } = environment;
  if (SSH_CONNECTION || CI) return undefined;
  if (platform === 'darwin') return 'open';
  return DISPLAY || WAYLAND_DISPLAY ? 'xdg-open' : undefined;
}

/** What leads a program for containers to its engine. Proxies are not among them: such a program hands them on to what it runs. */
const OF_CONTAINER_PROGRAMS = /^(?:PATH|HOME|USER|TMPDIR|XDG_(?:RUNTIME_DIR|CONFIG_HOME|DATA_HOME)|DBUS_SESSION_BUS_ADDRESS|DOCKER_\w+|CONTAINERS?_\w+)$/;

export function readContainerEnvironment(environment: Environment = process.env): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value !== undefined && OF_CONTAINER_PROGRAMS.test(name) ? [[name, value]] : [])),
  );
}

export interface SettingLine {
  /** `section.key` */
  readonly name: string;
  readonly variable: string;
  readonly value: string;
  readonly source: SettingSource;
  readonly sentence: string;
}

/** Every setting as `palace config` prints it. */
export function describeConfig(config: Config): SettingLine[] {
  return SETTINGS.map(({ section, key, variable, sentence }) => {
    const name = `${section}.${key}`;
    const value = (config as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[section]?.[key];
    return { name, variable, value: shown(value), source: SOURCES.get(config)?.get(name) ?? 'default', sentence };
  });
}

function gather(overrides: ConfigOverrides, environment: Environment) {
  const input: Record<string, Record<string, unknown>> = {};
  const sources = new Map<string, SettingSource>();
  for (const section of Object.keys(SECTIONS)) input[section] = { ...overrides[section as keyof ConfigOverrides] };
  for (const { section, key, variable } of SETTINGS) {
    const values = input[section] ?? {};
    if (values[key] !== undefined) sources.set(`${section}.${key}`, 'flag');
    else if (environment[variable]) {
      values[key] = environment[variable];
      sources.set(`${section}.${key}`, 'environment');
    } else delete values[key];
  }
  return { input, sources };
}

function unknownVariables(environment: Environment): ErrorPlace[] {
  const known = [...SETTINGS.map((setting) => setting.variable), ...CLIENT_VARIABLES];
  return Object.keys(environment)
    .filter((name) => name.startsWith('PALACE_') && !known.includes(name))
    .map((name) => {
      const suggestion = nearest(name, known);
      return { path: name, message: 'There is no such setting', ...(suggestion !== undefined && { suggestion }) };
    });
}

function placeOf(issue: z.core.$ZodIssue, sources: ReadonlyMap<string, SettingSource>): ErrorPlace {
  const [section, key] = issue.path;
  const setting = SETTINGS.find((one) => one.section === section && one.key === key);
  if (setting === undefined) return { path: issue.path.join('.') || 'configuration', message: issue.message };
  const flag = sources.get(`${setting.section}.${setting.key}`) === 'flag';
  return { path: flag ? `${setting.section}.${setting.key}` : setting.variable, message: reasonOf(issue) };
}

/** For a union the reason of the alternative that reads text is the helpful one. */
function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  return issue.errors.at(-1)?.[0]?.message ?? issue.message;
}

/** What one setting alone cannot tell. */
function checkTogether(config: Config): ErrorPlace[] {
  const places: ErrorPlace[] = [];
  if (config.durable.renewMs * 3 > config.durable.leaseMs)
    places.push({ path: 'PALACE_DURABLE_RENEW_MS', message: 'Must be at most a third of PALACE_DURABLE_LEASE_MS' });
  const key = config.installation.internalKey.reveal();
  if (key !== '' && key.length < 32) places.push({ path: 'PALACE_INTERNAL_KEY', message: 'Must have at least 32 characters' });
  return places;
}

function refuse(mistakes: readonly ErrorPlace[]): PalaceError {
  const lines = mistakes.map(({ path, message, suggestion }) => `${path}: ${message}${suggestion === undefined ? '' : `; did you mean ${suggestion}`}`);
  return new PalaceError('boot.config', { detail: `${lines.join('. ')}.`, errors: mistakes });
}

function withPaths(config: Config): Config {
  const dataDir = resolve(config.installation.dataDir.replace(/^~(?=$|\/)/, homedir()));
  const blobs = config.blobs.url === 'files:' ? join(dataDir, 'blobs') : resolve(config.blobs.url.slice('files:'.length));
  return { ...config, installation: { ...config.installation, dataDir }, blobs: { url: `files:${blobs}` } };
}

function shown(value: unknown): string {
  if (value instanceof Secret) return shownSecret(String(value.reveal()));
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** Of a URL only the password is hidden, and what a query may hold. */
function shownSecret(text: string): string {
  if (text === '') return '';
  if (!/^[a-z]+:\/\//.test(text) || !URL.canParse(text)) return '[secret]';
  const url = new URL(text);
  if (url.password !== '') url.password = '[secret]';
  url.search = url.search === '' ? '' : '?[secret]';
  return decodeURIComponent(url.href);
}
