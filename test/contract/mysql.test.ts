/** The contract of storages, on a database of MariaDB. */
import { serverContract } from '../support/server-contract.ts';

serverContract('mysql', { soft_deletes: false });
