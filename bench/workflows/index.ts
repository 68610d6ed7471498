export * from '../../workflows/index.ts';
export { countWork, doNothing, emptyCollection, takeUpdates } from './floor.ts';
