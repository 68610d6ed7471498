import { defineSource } from './define-source.ts';
import { StrandsConfig, StrandsCursor, validateStrands } from './strands/config.ts';

/** Answers of an agent that reads pages: each claim with a page that really says so. */
export const strands = defineSource(
  { config: StrandsConfig, cursor: StrandsCursor },
  {
    spec: {
      name: 'strands',
      version: '1.0.0',
      summary: 'Questions that an AI agent answers from pages, each claim with a checked quote.',
      queue: 'collect',
      trust: 'untrusted',
      generated: true,
    },
    validate: validateStrands,
    // The agent SDK takes a second to load: the CLI imports this table for its schemas alone.
    async check(config, env) {
      const { checkStrands } = await import('./strands/check.ts');
      return checkStrands(config, env);
    },
    async discover(config) {
      const { discoverStrands } = await import('./strands/discover.ts');
      return discoverStrands(config);
    },
    async ruleOn(config, about) {
      const { ruleOnQuestion } = await import('./strands/rule-on-question.ts');
      return ruleOnQuestion(config, about);
    },
    async *read(config, from, env) {
      const { readStrands } = await import('./strands/read.ts');
      yield* readStrands(config, from, env);
    },
    async *readAgain(config, ids, env) {
      const { readStrandsAgain } = await import('./strands/read.ts');
      yield* readStrandsAgain(config, ids, env);
    },
  },
);
