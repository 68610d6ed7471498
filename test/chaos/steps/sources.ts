import type { Step } from '../fault.ts';
import type { FeedBehaviour } from '../sources/feed.ts';
import type { SourceId } from '../sources/source.ts';

/** The script of the feed behaves like this from now on. */
export function feedBehaves(behaviour: FeedBehaviour): Step {
  return {
    says: `the feed: ${JSON.stringify(behaviour)}`,
    act: ({ feed }) => feed.behave(behaviour),
  };
}

/** These documents get a next version. */
export function change(source: SourceId, ...numbers: readonly number[]): Step {
  return {
    says: `change ${source} ${numbers.join(', ')}`,
    act: async (arena) => arena[source].put(...numbers),
  };
}
