/** The contract of storages, on a database of MariaDB, where deleted rows stay. */
import { serverContract } from '../support/server-contract.ts';

serverContract('mysql', { soft_deletes: true });
