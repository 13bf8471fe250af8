/** The contract of volume drivers, on files in a folder. */
import { test } from 'vitest';
import { fileContract } from './file-contract.ts';

fileContract(test);
