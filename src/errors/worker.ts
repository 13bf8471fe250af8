/** Errors of the worker that the persistence core runs in. */
import { CinderlibError } from './base.ts';

/** The worker could not be started, or ended; the context can do nothing more and wants to be closed. */
export class WorkerLost extends CinderlibError {
  override readonly name = 'WorkerLost';
  override readonly code = 'WORKER_LOST';
}

/** A write was under way when its worker ended: it is stored whole or not at all, and nobody can say which. */
export class OutcomeUnknown extends CinderlibError {
  override readonly name = 'OutcomeUnknown';
  override readonly code = 'OUTCOME_UNKNOWN';
}
