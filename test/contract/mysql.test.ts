/** The contract of storages, on a MariaDB database. */
import { serverContract } from '../support/server-contract.ts';

serverContract('mysql', { soft_deletes: false });
