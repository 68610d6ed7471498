import { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../workflows/failures.ts';
import type { RenderRequest } from './render.ts';

/** The one mapping of Chromium's and Playwright's errors to our failures. */
export function renderFailure(
  error: unknown,
  { url, timeoutMs }: Pick<RenderRequest, 'url' | 'timeoutMs'>,
): Error {
  if (error instanceof ApplicationFailure) return error;
  const message = error instanceof Error ? error.message : '';
  if (/TimeoutError/u.test(nameOf(error))) {
    return failure(
      'SourceUnavailable',
      `"${url}" gave no document within ${timeoutMs} ms. Raise timeoutMs if the site is slow; the next attempt asks again.`,
      { cause: error },
    );
  }
  if (/Download is starting/u.test(message)) {
    return failure(
      'InvalidDocument',
      `"${url}" answers with a download, which is refused. Read files with a source of type "http".`,
      { cause: error },
    );
  }
  if (CRASHED.test(message)) {
    return failure(
      'InvalidDocument',
      `"${url}" crashed the browser. Exclude it from the source, or look at it with a larger one.`,
      { cause: error },
    );
  }
  const code = /net::(ERR_[A-Z_]+)/u.exec(message)?.[1] ?? nameOf(error);
  return failure(
    'SourceUnavailable',
    `"${url}" could not be rendered: Chromium says "${code}". The next attempt asks again.`,
    { cause: error, details: { code } },
  );
}

const CRASHED = /crashed|Target (?:page, context or browser has been )?closed|has been closed/iu;

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}
