import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { WEBHOOK_SCHEMA } from '../../adapters/definitions/notifications.ts';
import { redactor } from '../../adapters/secrets/redact.ts';
import { resolveSecrets } from '../../adapters/secrets/resolve.ts';
import {
  postWebhook,
  type WebhookOutcome,
  type WebhookRequest,
} from '../../adapters/webhooks/post.ts';
import { failure, isFailureName } from '../../workflows/failures.ts';
import type { WebhookDefinition } from '../../workflows/notices/webhook.ts';
import type { NoticeDependencies } from './dependencies.ts';

/** A webhook with its secrets resolved. */
export interface OpenWebhook {
  /** Neither the body nor a problem holds a secret of the webhook. */
  post(message: Pick<WebhookRequest, 'id' | 'kind' | 'body'>): Promise<WebhookOutcome>;
}

/** @throws InvalidConfig, AuthExpired, AccessDenied, NotFound, Unavailable - a secret cannot be read. */
export async function openWebhook(
  definition: WebhookDefinition,
  { secrets, settings }: Pick<NoticeDependencies, 'secrets' | 'settings'>,
): Promise<OpenWebhook> {
  const { config, values } = await resolveWebhook(definition, secrets);
  const { url, secret, headers = {} } = config;
  if (URL.parse(url) === null) throw noAddress(definition);
  const redact = redactor([...values, ...pathOf(definition.url, url)]);
  return {
    async post({ id, kind, body }) {
      const signal = cancellationSignal();
      const request = { url, secret, headers, id, kind, body: redact(body), signal };
      const answer = await postWebhook(request, settings);
      return answer.outcome === 'delivered'
        ? answer
        : { ...answer, problem: redact(answer.problem) };
    },
  };
}

async function resolveWebhook(
  definition: WebhookDefinition,
  secrets: NoticeDependencies['secrets'],
): Promise<{ readonly config: WebhookDefinition; readonly values: readonly string[] }> {
  try {
    const { config, values } = await resolveSecrets(definition, WEBHOOK_SCHEMA, secrets);
    // Resolving changes texts, not the shape.
    return { config: config as WebhookDefinition, values };
  } catch (error) {
    const [details] = (error instanceof ApplicationFailure ? error.details : undefined) ?? [];
    const { reference } = (details ?? {}) as { readonly reference?: string };
    if (reference === undefined || !(error instanceof ApplicationFailure)) throw error;
    throw failure(
      isFailureName(error.type) ? error.type : 'InvalidConfig',
      `The secret "${reference}" of webhook "${definition.id}" is not there on this worker, or is empty. Set it where workers run; what waits is then delivered by itself.`,
    );
  }
}

/** Names the reference: what stands behind it may be a token. */
function noAddress({ id, url }: WebhookDefinition): Error {
  return failure(
    'InvalidConfig',
    `The address "${url}" of webhook "${id}" is no http or https address on this worker. Mend it where workers run; what waits is then delivered by itself.`,
  );
}

/** Sentences about the network name the path, which may be the token of a chat service. */
function pathOf(written: string, url: string): readonly string[] {
  const pathname = written === url ? '' : (URL.parse(url)?.pathname ?? '');
  return pathname.length > 1 ? [pathname] : [];
}
