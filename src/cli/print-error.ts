/** Says on the error stream what went wrong: words for people, JSON for who asked for it. */
import { compact, jsonText } from '../serialization/json-text.ts';
import { printable } from './printable.ts';
import { withoutSecrets } from './storage.ts';
import type { Terminal } from './terminal.ts';

export interface Fault {
  readonly name: string;
  /** Stable, for programs; null for what nobody foresaw. */
  readonly code: string | null;
  readonly message: string;
}

/** Whether what is printed is to be JSON, also where the command line is too wrong to be understood. */
export function wantsJson(terminal: Terminal): boolean {
  return terminal.arguments.includes('--json');
}

/** @param prefix what comes before the message for people */
export async function printError(terminal: Terminal, { name, code, message }: Fault, prefix = ''): Promise<void> {
  const told = withoutSecrets(message, terminal);
  if (wantsJson(terminal)) {
    await terminal.error(`${jsonText({ error: { name, code, message: told } }, compact)}\n`);
    return;
  }
  const shown = told.split('\n').map(printable).join('\n');
  await terminal.error(`${prefix}${shown}\n`);
}
