/** Prints errors on the error stream: as text for people, or as JSON with `--json`. */
import { compact, jsonText } from '../serialization/json-text.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';
import { withoutSecrets } from './without-secrets.ts';

export interface Fault {
  readonly name: string;
  /** Stable, for programs; null for an unexpected error. */
  readonly code: string | null;
  readonly message: string;
  /** The file of the command line that it is about. */
  readonly file?: string | null;
  /** What else the error tells a program, by the names of its properties. */
  readonly facts?: readonly (readonly [name: string, value: string | number | boolean])[];
}

/** Whether to print JSON; works even if the command line cannot be parsed. */
export function wantsJson(terminal: Terminal): boolean {
  return terminal.arguments.includes('--json');
}

/** What precedes the messages of failures for people. */
export function errorPrefix(terminal: Terminal): string {
  return `${terminal.colors('error').red('error:')} `;
}

/** @param prefix text before the message for people */
export async function printError(
  terminal: Terminal,
  { name, code, message, file, facts = [] }: Fault,
  prefix = '',
): Promise<void> {
  const told = withoutSecrets(message, terminal, file);
  if (wantsJson(terminal)) {
    const shown = facts.map(([fact, value]) => [
      fact,
      typeof value === 'string' ? withoutSecrets(value, terminal, file) : value,
    ]);
    const error = { name, code, message: told, ...Object.fromEntries(shown) };
    await terminal.error(`${jsonText({ error }, compact)}\n`);
    return;
  }
  const shown = told.split('\n').map(printable).join('\n');
  await terminal.error(`${prefix}${shown}\n`);
}
