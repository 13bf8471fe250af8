/** What the silence of a leader means, after what was heard before. */
import { expect, test } from 'vitest';
import { LeaderSilence, type Verdict } from '../../../src/tabs/leader-silence.ts';

type Event = 'asked' | 'opening' | 'open' | 'dead speaks' | 'living speaks' | 'opened' | 'expired' | 'expired, leading';

/** The verdicts on the silences among these events. */
function verdicts(events: readonly Event[]): Verdict[] {
  const silence = new LeaderSilence();
  const found: Verdict[] = [];
  for (const event of events) {
    if (event === 'asked') silence.asked();
    else if (event === 'opening' || event === 'open') silence.hears(event);
    else if (event === 'dead speaks' || event === 'living speaks') silence.hearsLatest(event === 'dead speaks');
    else if (event === 'opened') silence.opened();
    else found.push(silence.expired(event === 'expired, leading'));
  }
  return found;
}

test.each<[string, readonly Event[], readonly Verdict[]]>([
  ['nothing was heard', ['expired'], ['gone']],
  ['it has the database open', ['open', 'expired'], ['gone']],
  ['it opens the database', ['opening', 'expired'], ['wait']],
  ['it said once that it opens the database', ['opening', 'expired', 'expired'], ['wait', 'gone']],
  [
    'it opens the database for too long',
    ['opening', 'expired', 'opening', 'expired', 'opening', 'expired'],
    ['wait', 'wait', 'give up'],
  ],
  [
    'this member opens the database for too long',
    ['expired, leading', 'expired, leading', 'expired, leading'],
    ['wait', 'wait', 'give up'],
  ],
  [
    'it opened the database in the end, and another opens it later',
    ['opening', 'expired', 'opening', 'expired', 'opened', 'opening', 'expired'],
    ['wait', 'wait', 'wait'],
  ],
  ['it spoke although its locks are gone', ['asked', 'dead speaks', 'expired'], ['cleared']],
  ['it spoke so before it was asked for', ['dead speaks', 'asked', 'expired'], ['gone']],
  ['a later one spoke', ['asked', 'dead speaks', 'living speaks', 'expired'], ['gone']],
  ['the dead one said that it opens the database', ['asked', 'opening', 'dead speaks', 'expired'], ['cleared']],
])('if %s', (_what, events, expected) => {
  expect(verdicts(events)).toEqual(expected);
});
