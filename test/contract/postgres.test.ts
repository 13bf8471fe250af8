/** The contract of storages, on a PostgreSQL database. */
import { serverContract } from '../support/server-contract.ts';

serverContract('postgresql', { soft_deletes: false });
