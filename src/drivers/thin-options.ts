/** Options of all drivers that report capacity statistics, as defined by Cinder. */
import type { OptionSchema } from './option-schema.ts';

export const thinOptions = {
  reserved_percentage: {
    type: 'integer',
    default: 0,
    min: 0,
    max: 100,
    help: 'The percentage of the capacity that is kept free. Reported, not enforced.',
  },
  max_over_subscription_ratio: {
    type: 'string',
    default: '20.0',
    help: 'The ratio of provisioned to total capacity that thin volumes may reach, or auto. Reported, not enforced.',
  },
} as const satisfies OptionSchema;
