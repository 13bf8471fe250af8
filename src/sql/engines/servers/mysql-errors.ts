/** What the error numbers of MySQL and MariaDB mean. */
import { MissingReference, ValueError } from '../../../errors/index.ts';
import type { ServerConfig } from '../../../rpc/contract.ts';
import type { Fault } from './server-driver.ts';
import * as faults from './server-errors.ts';

/** A connection that is lost or refused: too many, server shutting down, killed, idle, a node without its cluster. */
const lost = new Set([1040, 1047, 1053, 1077, 1152, 1158, 1159, 1160, 1161, 1203, 1927, 2006, 2013, 4031]);

export function mysqlFault(error: unknown, sql: string | null, config: ServerConfig, timeout: number): Fault {
  const { name } = config;
  return faults.serverFault(error, sql, name, (said) => {
    switch (said.errno) {
      case 1213: // deadlock
      case 1020: // changed since it was read
      case 1412: // a table was altered since the transaction began to read
      case 1180: // a cluster node rejected the transaction
        return faults.conflict(name, said);
      case 1205:
        return faults.locked(name, config.lock_timeout);
      case 1969: // max_statement_time
      case 3024: // max_execution_time
        return faults.timedOut(timeout, sql);
      case 1062:
        return faults.duplicate(name, said);
      case 1216:
      case 1217:
      case 1451:
      case 1452:
        return faults.refused(new MissingReference(brokenReference(name, said.message)));
      case 1406: // too long
      case 1264: // out of range
        return faults.unfitting(name, said);
      case 1366:
        return faults.refused(new ValueError(wrongText(name, said.message)));
      case 1045:
      case 1698:
      case 3159: // MySQL's code for a connection without TLS where TLS is required
        return faults.notAdmitted(config, said);
      case 1044:
      case 1142:
      case 1143:
      case 1227:
      case 1370:
      case 1410:
        return faults.denied(name, said);
      case 1290:
      case 1792:
      case 1836:
        return faults.noChanges(name, said);
      case 1049:
        return faults.noDatabase(name, said);
      case 1021:
      case 1041:
      case 1114:
        return faults.diskFull(name, said);
      case 1030:
        return /\b28\b/.test(said.message) ? faults.diskFull(name, said) : null;
    }
    return lost.has(said.errno) ? faults.lost(name, said) : null;
  });
}

/** The server's message shows the bytes of the value, which may be a secret; only the column may be named. */
function wrongText(name: string, message: string): string {
  const [, column = ''] = /for column (.+?) at row/.exec(message) ?? [];
  const place = column.replaceAll('`', '').split('.').slice(-2).join('.');
  return (
    `The text for ${place || 'a column'} contains a character that the column cannot store, in ${name}. ` +
    'utf8mb3 columns, as Cinder creates them, hold none above U+FFFF, such as emoji. Nothing was changed.'
  );
}

/** The server's message shows the constraint's whole definition; its name says enough. */
function brokenReference(name: string, message: string): string {
  const [, constraint] = /CONSTRAINT `(\w+)`/.exec(message) ?? [];
  const which = constraint === undefined ? '' : ` (${constraint})`;
  return `${name}: a row refers to one that is not stored or would be removed${which}. Nothing was changed.`;
}
