/** The table of source types: the one thing of `activities/` that a client may see, for schemas and names. */
export { sourceTypes } from '../activities/sources/index.ts';
