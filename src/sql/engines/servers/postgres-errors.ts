/** What PostgreSQL's SQLSTATEs mean. */
import { MissingReference } from '../../../errors/index.ts';
import type { ServerConfig } from '../../../rpc/contract.ts';
import type { Fault } from './server-driver.ts';
import * as faults from './server-errors.ts';

export function postgresFault(error: unknown, sql: string | null, config: ServerConfig, timeout: number | null): Fault {
  const { name } = config;
  return faults.serverFault(error, sql, name, (said) => {
    if (noPassword.test(said.message)) return faults.withoutPassword(name, said);
    switch (said.code) {
      case '40001':
      case '40P01':
      case '40003':
        return faults.conflict(name, said);
      case '55P03':
        return faults.locked(name, config.lock_timeout);
      case '57014':
        // Cancelled by a user or by the timeout: the code is the same, only the message tells them apart.
        return said.message.includes('user request') ? null : faults.timedOut(timeout, sql);
      case '23505':
        return faults.duplicate(name, said);
      case '23503':
        return faults.refused(new MissingReference(`${name}: ${said.message}. Nothing was changed.`));
      case '22001':
      case '22003':
      case '22021':
      case '22P05':
        return faults.unfitting(name, said);
      case '42501':
        return faults.denied(name, said);
      case '28P01':
      case '28000':
        return faults.notAdmitted(config, said);
      case '25006':
        return faults.noChanges(name, said);
      case '3D000':
        return faults.noDatabase(name, said);
      case '53100':
        return faults.diskFull(name, said);
    }
    // Connection exceptions, too many connections, a server that is shutting down or starting, or that ended a
    // transaction which was idle, or just open, for too long.
    return /^(08|53300|57P0|25P0[34])/.test(said.code) ? faults.lost(name, said) : null;
  });
}

/** What the package itself says, without a code, if the server asks for a password and none was found. */
const noPassword = /client password must be a (?:non-empty )?string/;
