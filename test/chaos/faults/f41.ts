import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd } from '../steps/runs.ts';
import { road, terminateReaders, TERMINATED, untilDelayed } from '../steps/services.ts';

const SECRET = 'chaos/shop';
const ROTATED = 'secrets rotated under a run';

const fromVault: Step = {
  says: 'the address of the shop is a secret of the vault',
  async act({ vault, shop, redefine }) {
    vault.secrets.set(SECRET, shop.url);
    await redefine((one) => ({
      ...one,
      config: { ...one.config, url: `secretsmanager:${SECRET}` },
    }));
  },
};

const rotate: Step = {
  says: 'the password of the shop is changed, in the database and in the vault',
  async act(arena) {
    const url = await arena.shop.rotate();
    arena.vault.secrets.set(SECRET, url);
    arena.canaries.push(new URL(url).password);
    arena.count(ROTATED);
  },
};

export const f41: Fault = {
  id: 'F41',
  title: 'a secret is rotated in the middle of a run',
  workload: { shop: 150 },
  script: (random) => [
    fromVault,
    road('source-database', { kind: 'latency', ms: 100 }),
    collect(),
    untilDelayed('source-database', random.between(10, 25)),
    rotate,
    terminateReaders,
    road('source-database', { kind: 'pass' }),
    runsEnd('succeeded'),
  ],
  observe: ({ seen, vault }) => ({
    [ROTATED]: seen.get(ROTATED) ?? 0,
    [TERMINATED]: seen.get(TERMINATED) ?? 0,
    'later reads of the secret': (vault.reads.get(SECRET) ?? 0) - 1,
  }),
  heals: 'by itself',
};
