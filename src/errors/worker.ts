/** Errors of the worker that the persistence core runs in. */
import { CinderlibError } from './base.ts';

/** The worker could not be started, or has terminated. The context is unusable; close it. */
export class WorkerLost extends CinderlibError {
  override readonly name = 'WorkerLost';
  override readonly code = 'WORKER_LOST';
}

/** The outcome of a write was lost: it was stored completely or not at all, but which of the two is unknown. */
export class OutcomeUnknown extends CinderlibError {
  override readonly name = 'OutcomeUnknown';
  override readonly code = 'OUTCOME_UNKNOWN';
}
