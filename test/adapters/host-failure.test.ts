import { expect, test } from 'vitest';
import { hostFailure } from '../../adapters/host-failure.ts';

test.each(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'])(
  'F33: %s is retried, is told, and blames no source',
  (code) => {
    const error = Object.assign(new Error('broken'), { code });

    expect(hostFailure(error)).toMatchObject({
      type: 'QuotaExceeded',
      nonRetryable: false,
      message: expect.stringContaining(`(${code})`),
      details: [{ code, platform: true }],
    });
  },
);

test.each([Object.assign(new Error('no'), { code: 'ENOENT' }), new Error('no code'), 'a text'])(
  'any other error is not one of the host: %s',
  (error) => {
    expect(hostFailure(error)).toBeUndefined();
  },
);
