/** The suite in a program of Node, Deno or Bun: takes a file with a task, prints the outcome. */
import { readFileSync } from 'node:fs';
import { type ReadFile, runTask } from './suite.ts';
import type { Task } from './task.ts';

const [, , dist, golden, taskFile = ''] = process.argv;
const readFrom =
  (folder = ''): ReadFile =>
  async (path) =>
    new Uint8Array(readFileSync(folder + path));

// Written by test/runtimes/runtime.ts.
const task = JSON.parse(readFileSync(taskFile, 'utf8')) as Task;
console.log(JSON.stringify(await runTask(task, readFrom(dist), readFrom(golden))));
