/** `X-Robots-Tag`. Directives for one named agent (`otherbot: noindex`) are not for us. */
export function robotsTag(headers: Readonly<Record<string, string>>): {
  readonly noindex: boolean;
  readonly nofollow: boolean;
} {
  const tag = headers['x-robots-tag'] ?? '';
  const directives = new Set(tag.split(',').map((one) => one.trim().toLowerCase()));
  const says = (name: string): boolean => directives.has(name) || directives.has('none');
  return { noindex: says('noindex'), nofollow: says('nofollow') };
}
