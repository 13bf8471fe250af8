/** What `src/options.ts` checks by hand, checked by zod: a second implementation to compare with. */
import * as z from 'zod/mini';
import { InvalidOption, InvalidPersistence } from '../../src/errors/index.ts';
import { didYouMean, nearName } from '../../src/near-name.ts';
import { shownText } from '../../src/shown.ts';

const flag = (value: boolean) => z._default(z.boolean(), value);
const text = z.string().check(z.minLength(1));

const setupSchema = z.looseObject({
  persistence_config: z.nullish(z.record(z.string(), z.unknown())),
  project_id: z.nullish(text),
  user_id: z.nullish(text),
  non_uuid_ids: flag(false),
  output_all_backend_info: flag(false),
  fail_on_missing_backend: flag(true),
  host: z.nullish(text.check(z.regex(/^[^#]*$/, 'a name without #, which introduces the pool,'))),
  root_helper: z._default(z.string(), 'sudo'),
  file_locks_path: z.nullish(text),
  suppress_requests_ssl_warnings: flag(true),
  disable_logs: flag(true),
  worker: z._default(
    z.union(
      [z.boolean(), z.custom<() => unknown>((value) => typeof value === 'function')],
      'true, false or a function',
    ),
    true,
  ),
});

const content = z.custom<Blob | Uint8Array>(
  (value) => value instanceof Uint8Array || value instanceof Blob,
  'a Blob or Uint8Array',
);

const databaseSchema = z.strictObject({
  connection: text,
  soft_deletes: flag(false),
  sqlite_synchronous: flag(true),
  medium: z.optional(z.enum(['filesystem', 'indexeddb', 'opfs'])),
  read_only: flag(false),
  busy_timeout: z._default(z.number().check(z.nonnegative()), 5000),
  from: z.optional(content),
  ask_to_persist: flag(true),
});

const memoryDatabaseSchema = z.strictObject({ from: z.optional(content) });
const memorySchema = z.strictObject({});

/** Checks the options of `setup`. Unknown ones are Cinder's, unless they look like a misspelt one of ours. */
export function setupConfig(options: unknown): z.infer<typeof setupSchema> {
  const result = setupSchema.safeParse(options ?? {});
  if (!result.success) throw new InvalidOption(`setup(): ${explain(result.error, options)}`);
  const known = Object.keys(setupSchema.shape);
  for (const [name, value] of Object.entries(result.data)) {
    if (value === undefined || known.includes(name)) continue;
    const hint = didYouMean(name, known);
    if (hint !== '') throw new InvalidOption(`setup() has no option ${name}.${hint}`);
    const meant = nearName(name, ['storage', ...Object.keys(databaseSchema.shape)]);
    if (meant !== null) {
      const option = meant === name ? name : `${name}, if it means ${meant},`;
      throw new InvalidOption(
        `The option ${option} belongs in persistence_config: { persistence_config: { ${meant}: … } }.`,
      );
    }
  }
  return result.data;
}

export function databaseOptions(options: unknown): z.infer<typeof databaseSchema> {
  return checkStorage('db', databaseSchema, options);
}

export function memoryDatabaseOptions(options: unknown): z.infer<typeof memoryDatabaseSchema> {
  return checkStorage('memory_db', memoryDatabaseSchema, options);
}

/** The storage `memory` takes no option at all. */
export function memoryOptions(options: unknown): void {
  checkStorage('memory', memorySchema, options);
}

function checkStorage<S extends z.ZodMiniObject>(storage: string, schema: S, options: unknown): z.infer<S> {
  const result = schema.safeParse(withoutUndefined(options));
  if (result.success) return result.data;
  // Before what is missing: that may just be misspelt.
  const unknown = result.error.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown !== undefined) {
    const [key = ''] = unknown.keys;
    const isElsewhere = storage !== 'db' && Object.keys(databaseSchema.shape).includes(key);
    const hint =
      key === 'persistence_config'
        ? ' Pass what it contains.'
        : isElsewhere
          ? ` The storage 'db' has it: { storage: 'db', ${key}: … }.`
          : didYouMean(key, Object.keys(schema.shape));
    // A name that is none may be a URL that slipped in, with its password.
    const shown = /^[\w.-]{1,64}$/.test(key) ? key : 'of that name';
    throw new InvalidPersistence(`The storage '${storage}' has no option ${shown}.${hint}`);
  }
  throw new InvalidPersistence(`The storage '${storage}': ${explain(result.error, options)}`);
}

/** An undefined option counts as absent. */
function withoutUndefined(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options;
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** The first thing that is wrong. Shows the type of the value, not the value: it may be a connection with a password. */
function explain(error: z.core.$ZodError, options: unknown): string {
  const [issue] = error.issues;
  const path = issue?.path.map(String) ?? [];
  if (path.length === 0) return `an object with options is expected, not ${typeName(options)}.`;
  let value = options;
  for (const key of path) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  if (value === undefined) return `the option ${path.join('.')} is missing.`;
  // One of several words was meant: what is a word too is shown.
  const isWord = issue?.code === 'invalid_value' && typeof value === 'string' && /^[a-z]{1,40}$/i.test(value);
  // So is the name of a host.
  const shown =
    issue?.code === 'invalid_format' && typeof value === 'string'
      ? shownText(value)
      : isWord
        ? `'${value}'`
        : kind(value);
  return `the option ${path.join('.')} cannot be ${shown}: ${expectation(issue)}.`;
}

function expectation(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_type':
      return `${issue.expected === 'record' ? 'a plain object' : `a ${issue.expected}`} is expected`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}, or the storage memory_db, is expected`;
    case 'too_small':
      return issue.origin === 'string' ? 'it must not be empty' : `${issue.minimum} or more is expected`;
    default:
      return `${issue?.message ?? 'another type'} is expected`;
  }
}

function kind(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeName(value);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
