import { products, type Product } from '../../../examples/repair/shop.ts';
import { startShop, type ShopSite } from '../../../examples/repair/shop-site.ts';
import { textOf, type ChaosSource } from './source.ts';

/** A web shop of which fields are read by selectors: what breaks when its layout changes, and what repairs heal. */
export interface Wick extends ChaosSource {
  readonly host: string;
  readonly shop: ShopSite;
}

export async function openWick(count: number): Promise<Wick> {
  const truth = new Map<number, number>();
  const sold: Product[] = [];
  const shop = await startShop({ products: sold });
  const write = (number: number): void => {
    const [model] = products(number).slice(-1);
    if (model === undefined) return;
    const version = truth.get(number) ?? 1;
    const product = { ...model, text: textOf('wick', number, version).split('\n\n') };
    const at = sold.findIndex(({ sku }) => sku === model.sku);
    sold.splice(at < 0 ? sold.length : at, at < 0 ? 0 : 1, product);
  };
  const put: ChaosSource['put'] = (...numbers) => {
    for (const number of numbers) {
      truth.set(number, (truth.get(number) ?? 0) + 1);
      write(number);
    }
    return Promise.resolve();
  };
  await put(...Array.from({ length: count }, (_, at) => at + 1));
  return {
    id: 'wick',
    truth,
    shop,
    host: new URL(shop.origin).host,
    definition: {
      type: 'http',
      config: {
        urls: [`${shop.origin}/products/W-1000`],
        sitemap: 'include',
        extract: EXTRACT,
        delayMs: 50,
      },
    },
    put,
    remove(...numbers) {
      for (const number of numbers) {
        truth.delete(number);
        const { sku } = products(number).at(-1) ?? { sku: '' };
        sold.splice(0, sold.length, ...sold.filter((one) => one.sku !== sku));
      }
      return Promise.resolve();
    },
    close: () => shop.close(),
  };
}

const EXTRACT = {
  title: { type: 'text', stable: true, locators: 'h1.product-title' },
  price: { type: 'number', stable: true, normalise: ['stripCurrency'], locators: '.product-price' },
  content: '.product-text',
};
