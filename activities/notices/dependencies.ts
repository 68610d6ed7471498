import type { Database } from '../../adapters/postgres/database.ts';
import type { SecretStores } from '../../adapters/secrets/resolve.ts';
import type { SourceSettings } from '../sources/contract.ts';

/** What telling people is made of. */
export interface NoticeDependencies {
  readonly db: Database;
  readonly secrets: SecretStores;
  readonly settings: Pick<SourceSettings, 'allowedHosts' | 'userAgent'>;
  /** Signal-with-start of the teller of a webhook. */
  wakeTeller(webhook: string): Promise<void>;
}
