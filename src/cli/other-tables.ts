/** What to say of a database that holds only tables of another program: perhaps it is not the one that was meant. */
import { SchemaError } from '../errors/index.ts';

/** The message of an error, with what its properties add for people. */
export function messageOf(error: Error): string {
  const { message } = error;
  if (!(error instanceof SchemaError) || error.other_table === undefined) return message;
  return `${message} It holds tables of another program, such as ${error.other_table}: check that it is the right one.`;
}

/** The note about tables that were, or in a dry run would be, created beside those of another program. */
export function besideText(other: string, dryRun: boolean): string {
  const created = dryRun ? 'would be created' : 'were created';
  return `the target held only tables of another program, such as ${other}; Cinder's tables ${created} beside them.`;
}
