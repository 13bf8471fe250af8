/** The media of browsers. */
import { InvalidPersistence } from '../errors/index.ts';
import type { Media, MediumConfig } from './media.ts';
import { MemoryMedium } from './memory.ts';

export const browserMedia: Media = {
  async open(config) {
    if (config.medium === 'memory') return new MemoryMedium(config.from);
    throw unavailable(config);
  },
  async openReadOnly(config) {
    throw unavailable(config);
  },
};

function unavailable({ medium }: MediumConfig): InvalidPersistence {
  return new InvalidPersistence(`There is no medium ${JSON.stringify(medium)} in browsers. Choose one of: memory.`);
}
