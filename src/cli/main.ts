#!/usr/bin/env node
/** The program `cinderlib`, on Node, Deno and Bun. */
import { runProgram } from './run-program.ts';

await runProgram();
