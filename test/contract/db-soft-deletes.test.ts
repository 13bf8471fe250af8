/** The contract of storages, on a SQLite file with soft deletes. */
import { fileContract } from '../support/file-contract.ts';

fileContract({ soft_deletes: true });
