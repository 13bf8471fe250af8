/** The contract of storages, on a database of PostgreSQL. */
import { serverContract } from '../support/server-contract.ts';

serverContract('postgresql', { soft_deletes: false });
