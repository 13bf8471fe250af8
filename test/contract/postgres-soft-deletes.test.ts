/** The contract of storages, on a PostgreSQL database with soft deletes. */
import { serverContract } from '../support/server-contract.ts';

serverContract('postgresql', { soft_deletes: true });
