import { describe, expect, test } from 'vitest';
import { holdsQuote } from '../../../../activities/sources/strands/claims.ts';
import { aareClaim, ask, configOf, FACT, readsThenClaims, withSite } from './fixture.ts';

const site = withSite();

describe('A4: claims whose page was read and holds the quote', () => {
  test('a verified answer becomes a document that shows each claim with its source and quote', async () => {
    const script = readsThenClaims(`${site().origin}/aare`, [aareClaim(site())]);
    const { documents, messages } = await ask(configOf(site()), script);

    expect(documents).toMatchObject([{ id: 'aare', title: 'How long is the Aare?' }]);
    const { body } = documents[0] ?? {};
    expect(body).toStrictEqual({
      kind: 'markdown',
      text: `# How long is the Aare?\n\n- The Aare is 288 km long.\n\n  > The river Aare is 288 kilometres long\n\n  Source: <${site().origin}/aare>`,
    });
    expect(messages.slice(-2)).toStrictEqual([
      { kind: 'listing', complete: true },
      { kind: 'checkpoint', cursor: null },
    ]);
  });

  test.each([
    ['a quote that the page does not hold', { quote: 'The river Aare is 300 kilometres long' }],
    ['a quote in another case', { quote: 'the river aare is 288 kilometres long' }],
    ['a quote that is too short to prove anything', { quote: 'river' }],
    ['a page of a host that is not listed', { source_url: 'https://example.com/aare' }],
    ['a page that is not there', { source_url: '@ORIGIN@/missing' }],
    ['something that is no address', { source_url: 'the Aare page' }],
  ])('%s: that claim is dropped and counted, the others stay', async (_what, change) => {
    const url =
      'source_url' in change
        ? { source_url: change.source_url.replace('@ORIGIN@', site().origin) }
        : {};
    const claims = [
      aareClaim(site(), { ...change, ...url }),
      aareClaim(site(), { text: 'It is long.' }),
    ];
    const { documents, messages, env } = await ask(
      configOf(site()),
      readsThenClaims(`${site().origin}/aare`, claims),
    );

    expect(JSON.stringify(documents)).toContain('It is long.');
    expect(JSON.stringify(documents)).not.toContain('The Aare is 288 km long.');
    expect(messages).toContainEqual({
      kind: 'listing',
      complete: true,
      why: expect.stringMatching(/^1 claim was dropped: "/),
    });
    expect(env.records).toContainEqual(
      expect.objectContaining({
        message: 'claims were dropped',
        fields: { question: 'aare', dropped: 1 },
      }),
    );
  });

  test('a page that the agent cites without having read it is fetched, and checked', async () => {
    const claim = {
      text: 'It flows through Lucerne.',
      source_url: `${site().origin}/reuss#course`,
      quote: 'is 164 kilometres long and flows through Lucerne',
    };
    const { documents } = await ask(configOf(site()), () => ({ claims: [claim] }));

    expect(JSON.stringify(documents)).toContain('It flows through Lucerne.');
  });

  test.each([
    [
      'nothing that is verified',
      [{ text: 'Long.', source_url: 'https://example.com/', quote: 'It is very long indeed.' }],
    ],
    ['no claim at all', []],
  ])(
    '%s never takes the place of the old answer: EmptyResult, a dead letter',
    async (_what, claims) => {
      const { messages, documents } = await ask(configOf(site()), () => ({ claims }));

      expect(documents).toStrictEqual([]);
      expect(messages[0]).toMatchObject({
        kind: 'failed',
        id: 'aare',
        failure: 'EmptyResult',
        detail: expect.stringContaining('The old answer stays.'),
      });
    },
  );
});

describe('words of a quote', () => {
  const page = `# Rivers\n\nThe **river** [Aare](https://x.example/aare) is\n288 kilometres   long.\n\n| Name | Length |\n| --- | --- |\n| Reuss | 164 kilometres |`;
  test.each([
    ['The river Aare is 288 kilometres long.', true],
    ['The **river** [Aare](https://x.example/aare) is 288 kilometres', true],
    ['Reuss | 164 kilometres', true],
    ['Reuss 164 kilometres', true],
    ['the river aare is 288 kilometres long.', false],
    ['288 kilometres short', false],
    [' \n ', false],
    ['. . . . . . . .', false],
  ])('%j in a page: %s', (quote, held) => {
    expect(holdsQuote(page, quote)).toBe(held);
  });

  test('composed and decomposed letters are the same', () => {
    expect(holdsQuote('Zürich liegt an der Limmat', 'Zu\u0308rich liegt an')).toBe(true);
  });

  test('the fact of the fixture is there', () => {
    expect(holdsQuote(FACT, FACT)).toBe(true);
  });
});
