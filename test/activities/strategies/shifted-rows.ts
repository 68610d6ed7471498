import { evidenceOf } from './broken.ts';

/** A landing place, as its page shows it. */
interface Landing {
  readonly name: string;
  readonly fee: string;
  readonly season: string;
  readonly phone?: string;
}

const EXTRACT = {
  fee: { type: 'number', normalise: ['stripCurrency'], locators: '.fee' },
  phone: { required: false, locators: '.phone' },
};

/** Three of five have a phone; without it, every row below moves up by one. */
const LANDINGS: readonly Landing[] = [
  { name: 'Ardmore', fee: '8.75', season: '70.00', phone: '01631 555 101' },
  { name: 'Balnagown', fee: '12.50', season: '100.00' },
  { name: 'Camusdarach', fee: '9.25', season: '75.00', phone: '01631 555 102' },
  { name: 'Dunstaffnage', fee: '14.00', season: '110.00' },
  { name: 'Eriskay', fee: '11.50', season: '95.00', phone: '01631 555 103' },
];

/** Rows of a definition list, one of them on some pages alone. `edit` is what became of a landing meanwhile. */
export function shiftedRows(
  failingFields: readonly string[],
  edit: (one: Landing) => Landing = (one) => one,
) {
  const pages = LANDINGS.map((one) => ({
    url: `https://landings.example/${one.name.toLowerCase()}`,
    before: before(one),
    now: now(edit(one)),
  }));
  return evidenceOf({ extract: EXTRACT, failingFields, pages });
}

function before({ name, fee, season, phone }: Landing): string {
  const row = phone === undefined ? '' : `<p class="phone">${phone}</p>`;
  return `<main><h1>${name}</h1><p class="keeper">${name} Trust</p>${row}<p class="fee">£${fee}</p><p class="season">£${season}</p></main>`;
}

function now({ name, fee, season, phone }: Landing): string {
  const rows = [
    ['Height', `${name.length * 3 + 20} m`],
    ['Keeper', `${name} Trust`],
    ...(phone === undefined ? [] : [['Phone', phone]]),
    ['Landing fee', `£${fee}`],
    ['Season ticket', `£${season}`],
  ];
  const list = rows.map(([label, value]) => `<dt>${label}</dt><dd><strong>${value}</strong></dd>`);
  return `<main id="landing"><h1>${name}</h1><dl>${list.join('')}</dl></main>`;
}
