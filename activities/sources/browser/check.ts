import { ApplicationFailure } from '@temporalio/common';
import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';
import type { BrowserConfig } from './config.ts';
import { pageId } from '../http/urls.ts';
import { readPage } from './page-messages.ts';
import { createVisitor, type Visitor } from './visit.ts';

/** Renders the first addresses: may they be visited, do they answer, does the extraction find text? Stores nothing. */
export async function checkBrowser(
  config: BrowserConfig,
  env: SourceEnv,
): Promise<readonly CheckResult[]> {
  let visitor: Visitor;
  try {
    visitor = await createVisitor(config, env);
  } catch (error) {
    return [failing('browser', error, env)];
  }
  try {
    const results: CheckResult[] = [];
    for (const url of config.urls.slice(0, MAX_CHECKED)) {
      results.push(...(await checkAddress(url, { config, env, visitor })));
    }
    return results;
  } finally {
    await visitor.close();
  }
}

/** As many as a person would look at: sources §6, B14. */
const MAX_CHECKED = 3;

async function checkAddress(
  url: string,
  { config, env, visitor }: { config: BrowserConfig; env: SourceEnv; visitor: Visitor },
): Promise<readonly CheckResult[]> {
  const id = pageId(url, config) ?? url;
  try {
    if (!(await visitor.allows(id))) return [forbidden(id)];
    const page = await visitor.render(id);
    const { messages } = readPage(page, {
      id,
      asked: id,
      listId: id,
      ...(config.extract === undefined
        ? {}
        : { spec: expandExtraction(env.sourceId, config.extract) }),
    });
    const answered = `"${id}" answered ${page.status} with ${page.sizeBytes} bytes.`;
    return [statusResult(page.status, answered), extractionResult(messages, id)];
  } catch (error) {
    return [failing('read one', error, env)];
  }
}

function forbidden(id: string): CheckResult {
  return {
    capability: 'robots',
    verdict: 'FAIL',
    detail: `robots.txt disallows "${id}".`,
    remedy: 'Ask the owner of the site for access, or name another address in "urls".',
  };
}

function statusResult(status: number, detail: string): CheckResult {
  if (status >= 200 && status < 300) return { capability: 'read one', verdict: 'PASS', detail };
  const later = status >= 500 || status === 429 || status === 408;
  return {
    capability: 'read one',
    verdict: later ? 'INDETERMINATE' : 'FAIL',
    detail,
    remedy: later ? 'Check again later.' : 'Open the address in a browser, then mend "urls".',
  };
}

type Messages = ReturnType<typeof readPage>['messages'];

function extractionResult(messages: Messages, id: string): CheckResult {
  const capability = 'extraction non-empty';
  const documents = messages.filter((message) => message.kind === 'document');
  if (documents.length > 0) {
    return { capability, verdict: 'PASS', detail: `"${id}" gives ${documents.length} documents.` };
  }
  const [first] = messages;
  if (first?.kind === 'failed' && first.failure === 'SourceUnavailable') {
    return { capability, verdict: 'INDETERMINATE', detail: first.detail };
  }
  const remedy = 'Open the address in a browser, then mend "urls" or "extract".';
  if (first?.kind === 'failed')
    return { capability, verdict: 'FAIL', detail: first.detail, remedy };
  const why = first?.kind === 'gone' ? first.why : 'The page asks not to be stored (noindex).';
  return { capability, verdict: 'FAIL', detail: `"${id}" gives no document. ${why}`, remedy };
}

function failing(capability: string, error: unknown, env: SourceEnv): CheckResult {
  env.signal.throwIfAborted();
  if (!(error instanceof ApplicationFailure)) throw error;
  const later = error.nonRetryable !== true;
  return {
    capability,
    verdict: later ? 'INDETERMINATE' : 'FAIL',
    detail: error.message,
    ...(later ? {} : { remedy: 'The sentence says what to change.' }),
  };
}
