import type { OpenedModel } from '../../../adapters/models/model-provider.ts';
import { failure } from '../../../workflows/failures.ts';
import type { SourceSettings } from '../contract.ts';
import type { StrandsConfig } from './config.ts';

/** The model of a definition; nobody is contacted yet. @throws InvalidConfig - this worker has no such provider. */
export function openModel(
  { model: { provider, modelId, region, temperature, maxTokens } }: StrandsConfig,
  { models }: Pick<SourceSettings, 'models'>,
): Promise<OpenedModel> {
  const found = models.get(provider);
  if (found === undefined)
    throw failure(
      'InvalidConfig',
      `This worker has no models of the provider "${provider}" of "model.provider"; it has: ${[...models.keys()].join(', ') || 'none'}.`,
    );
  return found.open({
    modelId,
    maxTokens,
    ...(region === undefined ? {} : { region }),
    ...(temperature === undefined ? {} : { temperature }),
  });
}
