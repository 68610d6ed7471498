import type { Model } from '@strands-agents/sdk';
import type { ApplicationFailure } from '@temporalio/common';

/** Which model answers, and how. */
export interface ModelChoice {
  /** As the provider names it; an inference profile or its ARN for Bedrock. */
  readonly modelId: string;
  /** Absent: the worker's own. */
  readonly region?: string;
  readonly temperature?: number;
  /** Longest answer of one step. */
  readonly maxTokens: number;
}

/** A model that can be asked. Close it when its user is done. */
export interface OpenedModel {
  readonly model: Model;
  /** One token, to see that the credentials and the model are there. @throws what `failureOf` gives */
  reach(signal: AbortSignal): Promise<void>;
  /** What an error of the model means. */
  failureOf(error: unknown): ApplicationFailure;
  close(): void;
}

/** Where models come from. */
export interface ModelProvider {
  /** Contacts nobody yet. */
  open(choice: ModelChoice): Promise<OpenedModel>;
}

/** By the name that a definition gives in `model.provider`. */
export type ModelProviders = ReadonlyMap<string, ModelProvider>;
