/** The suite in a page: everything comes from the server that the page came from. */
import { type ReadFile, runTask } from './suite.ts';
import type { Outcome, Task } from './task.ts';

const readFrom =
  (folder: string): ReadFile =>
  async (path) =>
    new Uint8Array(await (await fetch(folder + path)).arrayBuffer());

export function run(task: Task): Promise<Outcome> {
  return runTask(task, readFrom('/dist/'), readFrom('/golden/'));
}
