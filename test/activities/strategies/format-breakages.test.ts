import { describe, expect, test } from 'vitest';
import { formats } from '../../../activities/strategies/formats.ts';
import { normalisers } from '../../../activities/strategies/normalisers.ts';
import type { Strategy } from '../../../activities/strategies/contract.ts';
import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';
import { readings } from '../../../adapters/extraction/readings.ts';
import { evidenceOf } from './broken.ts';
import { productsOf } from './products.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];

/** Another way to write the same number. */
const NUMBERS: readonly (readonly [string, Strategy, (price: number) => string])[] = [
  ['a decimal comma', formats, (price) => price.toFixed(2).replace('.', ',')],
  ['German', formats, (price) => price.toLocaleString('de-DE', { minimumFractionDigits: 2 })],
  ['French', formats, (price) => price.toLocaleString('fr-FR', { minimumFractionDigits: 2 })],
  ['Swiss with a currency', normalisers, (price) => `CHF ${price.toFixed(2)}`],
  ['a currency in front', normalisers, (price) => `$${price.toFixed(2)}`],
  ['a currency behind', normalisers, (price) => `${price.toFixed(2)} €`],
  ['a currency and a decimal comma', formats, (price) => `${price.toFixed(2).replace('.', ',')} €`],
  ['words around it', normalisers, (price) => `from ${price.toFixed(2)} each`],
  ['a sign of percent', normalisers, (price) => `${price.toFixed(2)} %`],
];

describe('numbers that are written another way (repair 4.1)', () => {
  for (const [what, strategy, write] of NUMBERS) {
    test.each(SEEDS)(`${what}, %i`, async (seed) => {
      const { read, wanted } = await prices(strategy, seed, write);

      expect(read).toEqual(wanted);
    });
  }

  test.each(SEEDS)('another unit is nothing that the catalogue can mend, %i', async (seed) => {
    const cents = await prices(formats, seed, (price) => `${Math.round(price * 100)} ct`);
    const also = await prices(normalisers, seed, (price) => `${Math.round(price * 100)} ct`);

    expect([cents.read, also.read]).toEqual(['abstained', 'abstained']);
  });

  test.each(SEEDS)('no number at all stays none, %i', async (seed) => {
    expect((await prices(formats, seed, () => 'on request')).read).toBe('abstained');
    expect((await prices(normalisers, seed, () => 'on request')).read).toBe('abstained');
  });
});

/** Days of which some are above 12, and days of which none is. */
const LATE = ['2026-03-14', '2026-04-02', '2026-11-25', '2026-12-01', '2026-06-30'];
const EARLY = ['2026-03-04', '2026-04-02', '2026-11-05', '2026-12-01', '2026-06-09'];

describe('dates that are written another way (repair 4.1)', () => {
  test.each([
    ['day first with dots', (y: string, m: string, d: string) => `${d}.${m}.${y}`],
    ['day first with slashes', (y: string, m: string, d: string) => `${d}/${m}/${y}`],
    ['month first', (y: string, m: string, d: string) => `${m}/${d}/${y}`],
    ['seconds', (y: string, m: string, d: string) => String(Date.parse(`${y}-${m}-${d}`) / 1000)],
    ['milliseconds', (y: string, m: string, d: string) => String(Date.parse(`${y}-${m}-${d}`))],
  ])('%s is found out when a day is above 12', async (_, write) => {
    expect(await days(LATE, write)).toEqual(LATE);
  });

  test.each([
    ['day first', (y: string, m: string, d: string) => `${d}/${m}/${y}`],
    ['month first', (y: string, m: string, d: string) => `${m}/${d}/${y}`],
  ])('%s stays open when no value is above 12', async (_, write) => {
    expect(await days(EARLY, write)).toMatch(/Day and month of "day" cannot be told apart/u);
  });
});

async function prices(strategy: Strategy, seed: number, write: (price: number) => string) {
  const items = productsOf(seed, 0);
  const page = (text: (price: number) => string): string =>
    items
      .map(({ title, price }) => `<li class="p"><h2>${title}</h2><b>${text(price)}</b></li>`)
      .join('');
  const url = 'https://shop.example/list';
  const { view } = evidenceOf({
    extract: {
      records: '.p',
      title: { stable: true, locators: 'h2' },
      price: { type: 'number', locators: 'b' },
    },
    pages: [{ url, before: page((price) => price.toFixed(2)), now: page(write) }],
    failingFields: ['price'],
  });
  const read = await valuesOf(strategy, view, 'price');
  return { read, wanted: items.map(({ price }) => price) };
}

async function days(all: readonly string[], write: (y: string, m: string, d: string) => string) {
  const page = (text: (day: string) => string): string =>
    all.map((day, at) => `<li><i>Note ${at} of the ${at}th</i><b>${text(day)}</b></li>`).join('');
  const { view } = evidenceOf({
    extract: {
      records: 'li',
      title: { stable: true, locators: 'i' },
      day: { type: 'date', stable: true, locators: 'b' },
    },
    pages: [
      {
        url: 'https://shop.example/notes',
        before: page((day) => day),
        now: page((day) => {
          const [y = '', m = '', d = ''] = day.split('-');
          return write(y, m, d);
        }),
      },
    ],
    failingFields: ['day'],
  });
  const found = await valuesOf(formats, view, 'day');
  return Array.isArray(found)
    ? found.map((day) => String(day).slice(0, 10))
    : (await formats.propose(view)).abstains;
}

async function valuesOf(
  strategy: Strategy,
  view: ReturnType<typeof evidenceOf>['view'],
  field: string,
) {
  const { proposals } = await strategy.propose(view);
  const patched = patchedSpec(
    view.spec,
    proposals.flatMap((one) => one.patch),
  );
  if ('refused' in patched) return 'abstained';
  return view.failing.flatMap(({ body: text, url }) =>
    readings.data({ text, url, spec: patched.spec }).records.map((record) => record[field]),
  );
}
