/** The contract of storages, on a database of PostgreSQL, where deleted rows stay. */
import { serverContract } from '../support/server-contract.ts';

serverContract('postgresql', { soft_deletes: true });
