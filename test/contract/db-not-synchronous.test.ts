/** The contract of storages, on a SQLite file, without waiting for the disk. */
import { fileContract } from '../support/file-contract.ts';

fileContract({ sqlite_synchronous: false });
