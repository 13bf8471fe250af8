/** Runs file tasks in a worker, which is started for each task. */
import { onWorkerError, startScript } from '../../rpc/worker-script.ts';
import type { FileAnswer, FileRequest } from './file-task.ts';

/**
 * Starts a worker, has it perform one task, and terminates it.
 *
 * @throws WorkerLost if its script cannot be loaded; else a DOMException with the name of the browser's error.
 */
export async function fileTask(request: FileRequest): Promise<void> {
  const script = startScript(() => new Worker(new URL('./files.js', import.meta.url), { type: 'module' }));
  const { worker } = script;
  try {
    const answer = await new Promise<FileAnswer>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<FileAnswer>) => resolve(data));
      onWorkerError(worker, script, reject);
      worker.postMessage(request);
    });
    if (answer !== null) throw new DOMException(answer.message, answer.name);
  } finally {
    script.loaded();
    worker.terminate();
  }
}
