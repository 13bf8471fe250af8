/** Opens a database on a server, by the protocol that it speaks. */
import type { ServerConfig } from '../../../rpc/contract.ts';
import { openMysql } from './mysql.ts';
import { openPostgres } from './postgres.ts';
import type { ServerEngine } from './server.ts';

export function openServerDatabase(config: ServerConfig, readOnly: boolean): Promise<ServerEngine> {
  return config.dialect === 'mysql' ? openMysql(config, readOnly) : openPostgres(config, readOnly);
}
