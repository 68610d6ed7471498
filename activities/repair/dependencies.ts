import type { CollectionDependencies } from '../collection/dependencies.ts';

/** What the activities of a repair are made of: a repair reads sources as a run does, and triggers runs. */
export type RepairDependencies = CollectionDependencies;
