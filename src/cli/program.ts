/** The command line: its commands, their arguments, and which function runs each. */
import { Argument, Command, CommanderError, type ErrorOptions, InvalidArgumentError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { MISSING_TABLE } from '../migrate/report.ts';
import { check } from './commands/check.ts';
import { type ConvertOptions, convert } from './commands/convert.ts';
import { dump } from './commands/dump.ts';
import { info } from './commands/info.ts';
import { type Filters, type Kind, kinds, list, unfitFilter } from './commands/ls.ts';
import { type MigrateOptions, migrate } from './commands/migrate.ts';
import { show } from './commands/show.ts';
import { noteKeyValues, refuseOtherKinds } from './commands/to-json.ts';
import { counted } from './counted.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { refuseDump } from './given-file.ts';
import { maskDumped } from './mask.ts';
import { missingTablesText } from './missing-tables.ts';
import { Output } from './output.ts';
import { type Fault, printError, wantsJson } from './print-error.ts';
import { fileOf, shownArgument, storageArgument, storageConfig, targetConfig } from './storage-argument.ts';
import type { LookedAt, Storages } from './storages.ts';
import type { Terminal } from './terminal.ts';
import { withoutSecrets } from './without-secrets.ts';

interface CommonOptions {
  readonly json?: boolean;
  readonly showSecrets?: boolean;
}
interface CheckOptions extends CommonOptions {
  readonly repair?: boolean;
  readonly yes?: boolean;
}

/** Runs a command line and returns the exit code of the program. */
export async function run(terminal: Terminal, storages: Storages): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const output = (options: CommonOptions): Output =>
    new Output(terminal, { json: options.json ?? false, showSecrets: options.showSecrets ?? false });
  let help: Promise<unknown> = Promise.resolve();
  const program = newProgram(terminal, (text) => {
    // It comes in several parts.
    help = Promise.all([help, terminal.out(text)]);
  });
  const command = (name: string, description: string, help: OptionHelp = {}): Command =>
    program
      .command(name)
      .description(description)
      .showHelpAfterError(`See cinderlib ${name} --help.`)
      .option('--json', help.json ?? 'print JSON in a stable, documented format')
      .option('--show-secrets', help.secrets ?? 'print passwords, CHAP secrets and keyrings unmasked');

  command('info', 'show the kind of storage, and how much it holds')
    .argument('<url>', sourceHelp, nonEmptyStorage)
    .action(async (url: string, options: CommonOptions) => {
      await info(output(options), await lookAt(url, options), shownArgument(url));
    });
  command('ls', 'list volumes, snapshots, connections, key-values or backends')
    .argument('<url>', sourceHelp, nonEmptyStorage)
    .addArgument(new Argument('[what]', 'what to list').choices(kinds).default('volumes'))
    .option('--backend <name>', 'only volumes on that backend')
    .option('--name <name>', 'only volumes or snapshots with that name')
    .option('--volume <id>', 'only that volume, or the snapshots or connections of it')
    .action(async (url: string, kind: Kind, options: CommonOptions & Filters, self: Command) => {
      const unfit = unfitFilter(kind, options);
      if (unfit !== undefined) self.error(`error: --${unfit} does not apply to ${kind}`);
      await list(output(options), (await lookAt(url, options)).storage, kind, options);
    });
  command('show', 'show one volume, snapshot, connection or key-value with all its fields')
    .argument('<url>', sourceHelp, nonEmptyStorage)
    .argument('<id>', 'its id, key or name, or a unique prefix of its id or key')
    .action(async (url: string, id: string, options: CommonOptions) => {
      code = await show(output(options), (await lookAt(url, options)).storage, id);
    });
  command('dump', 'print everything as JSON; with --show-secrets it can be loaded again', {
    json: 'print errors as JSON too; the dump always is',
    secrets: 'print passwords, CHAP secrets and keyrings unmasked',
  })
    .argument('<url>', sourceHelp, nonEmptyStorage)
    .option('--no-key-values', "leave out key-values, which Python's cinderlib cannot load")
    .action(async (url: string, options: CommonOptions & { readonly keyValues: boolean }) => {
      const { storage } = await lookAt(url, options);
      const out = output(options);
      const { keyValues, showSecrets = false } = options;
      const mask = showSecrets ? (value: unknown): unknown => value : maskDumped;
      const write = (text: string) => terminal.out(text);
      const dumped = await dump(storage, write, { keyValues, mask, isOutputClosed: () => terminal.isOutputClosed });
      if (dumped.masked)
        await out.note('secrets are masked, so this dump cannot be loaded; --show-secrets writes them.');
      await noteKeyValues(out, dumped.keyValues, keyValues);
    });
  carrying(
    command(
      'load',
      'store the contents of a file: a JSON dump, or the output of kubectl, pg_dump or mysqldump',
      ofCarried,
    ),
  )
    .argument('<file>', 'the file, optionally gzipped, or - for standard input', nonEmptyStorage)
    .argument('<url>', storageHelp, nonEmptyStorage)
    .action(async (file: string, url: string, options: CommonOptions & MigrateOptions) => {
      refuseOtherKinds(url);
      code = await migrate(output(options), storages, file, targetConfig(url), options);
    });
  carrying(command('migrate', 'copy everything from one storage to another, and verify it', ofCarried))
    .argument('<from>', sourceHelp, nonEmptyStorage)
    .argument('<to>', storageHelp, nonEmptyStorage)
    .action(async (from: string, to: string, options: CommonOptions & MigrateOptions) => {
      refuseOtherKinds(to);
      code = await migrate(output(options), storages, from, targetConfig(to), options);
    });
  command('check', 'find damage, orphans and duplicates')
    .argument('<url>', 'a database URL, or the path of a SQLite file', nonEmptyStorage)
    .option('--repair', 'mark orphans and duplicate metadata as deleted, after asking')
    .option('--yes', 'repair without asking')
    .action(async (url: string, options: CheckOptions, self: Command) => {
      const { repair = false, yes = false } = options;
      if (yes && !repair) self.error('error: --yes requires --repair');
      refuseDump(url);
      code = await check(output(options), storages, storageConfig(url), { repair, yes });
    });
  carrying(command('convert', 'convert a storage or file of any kind to a new SQLite or JSON file', ofCarried))
    .argument('<from>', sourceHelp, nonEmptyStorage)
    .argument(
      '<to>',
      'the new file: JSON if its name ends in .json, else a SQLite database; - for JSON on standard output; ' +
        'or the URL of a database on a server, which is added to',
      nonEmptyStorage,
    )
    .option('--force', 'replace an existing file')
    .action(async (from: string, to: string, options: CommonOptions & ConvertOptions, self: Command) => {
      if (options.force && (to === '-' || fileOf(to) === null)) {
        self.error('error: --force requires a file as the target');
      }
      code = await convert(output(options), storages, from, to, options);
    });

  /** Opens a storage for inspection, with notes about what cannot be shown. */
  async function lookAt(url: string, options: CommonOptions): Promise<LookedAt> {
    const looked = await storages.lookAt(url);
    for (const entry of looked.hidden) {
      const { kind, count, why } = entry;
      const text = `${counted(count, kind)} in the file cannot be shown: ${why}.`;
      await output(options).note(kind === MISSING_TABLE ? missingTablesText(entry) : text);
    }
    return looked;
  }

  try {
    await program.parseAsync(withoutUnknownTopic(terminal.arguments, program), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    await help;
    if (error.exitCode === 0) return exitCodes.done;
    if (wantsJson(terminal)) await printError(terminal, usageFault(error));
    return exitCodes.usage;
  }
  return code;
}

/** Help texts that override the usual ones of an option. */
interface OptionHelp {
  readonly json?: string;
  readonly secrets?: string;
}

const ofCarried: OptionHelp = {
  secrets: 'print differences unmasked; copied data is never masked',
};

const storageHelp = 'a database URL, the path of a SQLite file, or a persistence_config as JSON';
/** For commands that read it, whatever load accepts will do. */
const sourceHelp =
  'a database URL, the path of a SQLite file or a dump (JSON, kubectl, pg_dump or mysqldump, optionally gzipped), ' +
  '- for standard input, or a persistence_config as JSON';

/** An empty argument, such as an unset variable, is a fault of the command line; a malformed one may name a storage. */
function nonEmptyStorage(argument: string): string {
  if (argument === '') throw new InvalidArgumentError('It is empty. Give a file, a database URL or -.');
  return storageArgument(argument);
}

/** The program as a whole. Its commands are of the plain class. */
class Program extends Command {
  /** Says where an option belongs that precedes its command. */
  override error(message: string, options?: ErrorOptions): never {
    const isOption = options?.code === 'commander.unknownOption';
    return super.error(`${message}${isOption ? this.#hint() : ''}`, options);
  }

  #hint(): string {
    const [flag = ''] = this.args[0]?.split('=') ?? [];
    const given = this.commands.find((command) => this.args.includes(command.name()));
    const having = this.commands.filter(({ options }) => options.some(({ long }) => long === flag));
    if (having.length === 0 || (given !== undefined && !having.includes(given))) return '';
    return `\n(It follows the command: cinderlib ${given?.name() ?? 'COMMAND'} … ${flag})`;
  }
}

/**
 * Turns `help NAME` into `NAME` if that is no command: an error, where commander would print the general help. That is
 * the help on `help` too, which commander lists as a command but does not find.
 */
function withoutUnknownTopic(given: readonly string[], { commands }: Command): readonly string[] {
  const [first, topic] = given;
  if (first === 'help' && topic === 'help') return [first];
  const isName = first === 'help' && topic !== undefined && !topic.startsWith('-');
  return isName && !commands.some((command) => command.name() === topic) ? [topic] : given;
}

const exitCodesHelp = `
Exit codes: 0 done, 1 failed, 2 wrong command line, 3 done with findings or
differences to review, 4 show found no object or several. More on all of this:
docs/cli.md in the package.`;

function newProgram(terminal: Terminal, writeHelp: (text: string) => void): Command {
  return new Program('cinderlib')
    .description("inspect, check, migrate and convert cinderlib's metadata")
    .version(manifest.version, '-V, --version', 'print the version of this program')
    .addHelpText('after', exitCodesHelp)
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('See cinderlib --help.')
    .configureOutput({
      writeOut: writeHelp,
      // With --json, it is printed at the end.
      writeErr: (text) => void (wantsJson(terminal) || terminal.error(withoutSecrets(text, terminal))),
    });
}

/** Without a command, commander's message is only the help text. */
function usageFault({ code, message }: CommanderError): Fault {
  const isHelp = code.startsWith('commander.help');
  const told = isHelp ? 'No command was given. See cinderlib --help.' : message.replace(/^error: /, '');
  return { name: 'UsageError', code: 'USAGE_ERROR', message: told };
}

function carrying(command: Command): Command {
  return command
    .option('--dry-run', 'read everything and look for conflicts, but write nothing')
    .option('--no-verify', 'do not compare source and target afterwards')
    .option('--no-key-values', 'do not copy key-values');
}
