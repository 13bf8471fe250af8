#!/usr/bin/env node
/** The program `cinderlib`, for Node, Deno and Bun. */
import { hideForbiddenVariables } from '../runtime.ts';

hideForbiddenVariables();
// Warnings for the developers of the packages used: the error stream is for errors, and cron mails what it gets.
process.noDeprecation = true;
// Imported afterwards, since its dependencies read environment variables as soon as they are loaded.
const { runProgram } = await import('./run-program.ts');
await runProgram();
