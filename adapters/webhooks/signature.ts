import { createHmac } from 'node:crypto';

/**
 * The value of `X-Wellspring-Signature`: `t=<Unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 over `<t>.<body>`. The time is part of what is
 * signed, so that a request that somebody recorded is refused when it comes again later.
 */
export function signatureOf(secret: string, body: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}
