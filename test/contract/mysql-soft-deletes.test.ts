/** The contract of storages, on a MariaDB database with soft deletes. */
import { serverContract } from '../support/server-contract.ts';

serverContract('mysql', { soft_deletes: true });
