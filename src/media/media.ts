/** The media of a platform, and how to open them. Each platform has its own, so that no bundle holds another's. */
import type { CoreConfig } from '../rpc/contract.ts';
import type { Medium } from './medium.ts';
import type { ReadableMedium } from './readable.ts';

export type MediumConfig = Pick<
  CoreConfig,
  'medium' | 'database' | 'from' | 'busy_timeout' | 'sqlite_synchronous' | 'lock_held'
>;

export interface Media {
  /** Opens a medium for writing, after making sure that no other user of this library has it open. */
  open(config: MediumConfig): Promise<Medium>;
  /** Opens a medium that is never written to. */
  openReadOnly(config: MediumConfig): Promise<ReadableMedium>;
}
