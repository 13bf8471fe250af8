/** The contract of storages, on a SQLite file. */
import { fileContract } from '../support/file-contract.ts';

fileContract();
