/** Errors of the worker that the persistence core runs in. */
import { CinderlibError } from './base.ts';

/** The worker could not be started, or has terminated. The context is unusable; close it. */
export class WorkerLost extends CinderlibError {
  override readonly name = 'WorkerLost';
  override readonly code = 'WORKER_LOST';
}

/** A write was in progress when its outcome was lost: it was stored completely or not at all, but which is unknown. */
export class OutcomeUnknown extends CinderlibError {
  override readonly name = 'OutcomeUnknown';
  override readonly code = 'OUTCOME_UNKNOWN';
}
