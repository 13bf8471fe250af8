/** Runs the command line as a program: handles errors, signals and exit codes, and closes everything at the end. */
import { isCinderlibError, VolumeTypeNotFoundByName } from '../errors/index.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { messageOf } from './other-tables.ts';
import { errorPrefix, type Fault, printError, wantsJson } from './print-error.ts';
import { run } from './program.ts';
import { Storages } from './storages.ts';
import { type StopSignal, Terminal } from './terminal.ts';
import { fileOfError, withoutSecrets } from './without-secrets.ts';

/** How long an interrupted command may take to clean up, in milliseconds. A second Ctrl-C ends it immediately. */
const patience = 60_000;

const codes = {
  SIGHUP: exitCodes.hungUp,
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
} as const satisfies Record<StopSignal, ExitCode>;

export async function runProgram(): Promise<void> {
  const terminal = new Terminal();
  const storages = new Storages(terminal);
  let stopping = false;
  let isDone = false;
  terminal.onStop((signal) => {
    const code = codes[signal];
    // A shell passes on a SIGHUP that the system has already sent: the second one does not mean haste.
    if (stopping && signal === 'SIGHUP') return;
    // A second signal: do not wait. Uncommitted changes are rolled back when the database is next opened.
    if (stopping) return terminal.exit(code);
    stopping = true;
    setTimeout(() => terminal.exit(code), patience).unref?.();
    // A finished command is only closing its storages: its result stands, and so does its exit code.
    if (!isDone) void stop(terminal, storages, code);
  });
  let code: ExitCode;
  try {
    code = await run(terminal, storages);
  } catch (error) {
    // A command that is being stopped fails for that reason.
    if (stopping) return;
    await explain(terminal, error);
    code = exitCodes.failed;
  }
  if (stopping) return;
  isDone = true;
  try {
    await storages.close();
  } catch (error) {
    await explain(terminal, error);
    code = exitCodes.failed;
  }
  terminal.exitCode = code;
}

/** Stops the command: closing its storages rolls back uncommitted changes and releases their locks. */
async function stop(terminal: Terminal, storages: Storages, code: ExitCode): Promise<void> {
  try {
    await storages.close();
    // Commands that print as they go change nothing; those that do, print their result when it is stored.
    const message = `Stopped. ${terminal.hasOutput ? 'The output is incomplete.' : 'Unfinished work was rolled back.'}`;
    await printError(terminal, { name: 'Stopped', code: 'STOPPED', message }, '\n');
  } catch (error) {
    await explain(terminal, error);
  } finally {
    terminal.exit(code);
  }
}

const defaultTypeHint = 'A database without it cannot be opened; cinderlib check says how to restore it.';

/** The properties of an error that its class documents, such as the `kind` and `id` of a conflict. */
function factsOf(error: unknown): NonNullable<Fault['facts']> {
  if (!isCinderlibError(error)) return [];
  return Object.entries(error).filter(
    ([name, value]) => !told.has(name) && ['string', 'number', 'boolean'].includes(typeof value),
  );
}

/** What the JSON of an error says in any case. */
const told = new Set(['name', 'code', 'message']);

async function explain(terminal: Terminal, error: unknown): Promise<void> {
  const name = error instanceof Error ? error.name : 'Error';
  const said = error instanceof Error ? messageOf(error) : String(error);
  const untyped = error instanceof VolumeTypeNotFoundByName;
  const item = (isCinderlibError(error) ? error.item : undefined) ?? (untyped ? error.path : undefined);
  // Some messages already name the item.
  const named = item === undefined || said.replaceAll('"', '').includes(item) ? said : `${item}: ${said}`;
  // The message is cinderlib's, which does not open such a database either; it needs an explanation.
  const message = untyped ? `${named} ${defaultTypeHint}` : named;
  const code = isCinderlibError(error) ? error.code : null;
  const prefix = `${errorPrefix(terminal)}${code === null ? `${name}: ` : ''}`;
  const fault = { name, code, message, file: fileOfError(error, terminal), facts: factsOf(error) };
  await printError(terminal, fault, prefix);
  if (wantsJson(terminal)) return;
  if (!isCinderlibError(error) && terminal.environment['CINDERLIB_DEBUG'] && error instanceof Error) {
    await terminal.error(`${withoutSecrets(error.stack ?? '', terminal)}\n`);
  }
}
