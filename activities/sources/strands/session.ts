import type { JSONValue } from '@strands-agents/sdk';
import { askAgent } from '../../../adapters/agents/ask-agent.ts';
import { StoredModel } from '../../../adapters/agents/stored-model.ts';
import type { OpenedModel } from '../../../adapters/models/model-provider.ts';
import type { SourceEnv } from '../contract.ts';
import { openBudget, type Budget } from './budget.ts';
import { Claims, judgeClaims, type JudgedClaims } from './claims.ts';
import type { AgentQuestion, StrandsConfig } from './config.ts';
import { openModel } from './open-model.ts';
import { openPages, type Pages } from './pages.ts';
import { systemPromptOf } from './prompt.ts';

/** An agent with its model, its pages and its budget. Close it when the read is over. */
export interface AgentSession {
  /** Asks one question and checks the answer. Errors as `askAgent` and `Pages.get` say, and BudgetExceeded. */
  answer(question: AgentQuestion): Promise<JudgedClaims>;
  close(): Promise<void>;
}

export async function openSession(config: StrandsConfig, env: SourceEnv): Promise<AgentSession> {
  const opened = await openModel(config, env.settings);
  const budget = await openBudget(config, env);
  const signal = AbortSignal.any([env.signal, budget.signal]);
  const pages = openPages({ config, env, budget, signal });
  const systemPrompt = systemPromptOf(config);
  return {
    async answer({ id, text }) {
      const { claims } = await askAgent({
        model: storedModel({ opened, config, budget, env }, id),
        systemPrompt,
        question: text,
        fetchPage: fetchTool(pages, id),
        answer: Claims,
        signal,
      });
      return judgeClaims(claims, { pages, question: id });
    },
    async close() {
      budget.close();
      opened.close();
      await pages.close();
    },
  };
}

interface Parts {
  readonly opened: OpenedModel;
  readonly config: StrandsConfig;
  readonly budget: Budget;
  readonly env: SourceEnv;
}

function storedModel(
  { opened, config: { model }, budget, env }: Parts,
  question: string,
): StoredModel {
  const { provider, modelId, region, temperature, maxTokens } = model;
  let step = 0;
  return new StoredModel({
    inner: opened.model,
    identity: { provider, modelId, region, temperature, maxTokens },
    failureOf: (error) => opened.failureOf(error),
    book: {
      find(key) {
        step += 1;
        return env.modelSteps.find(key);
      },
      admit: (tokens) => budget.admitStep(tokens),
      keep: (paid) => {
        const money = budget.paid(paid);
        return env.modelSteps.keep({
          ...paid,
          kind: 'answer',
          question,
          step,
          model: modelId,
          money,
        });
      },
    },
  });
}

function fetchTool(pages: Pages, question: string) {
  return {
    name: 'fetch_page',
    description: 'Reads a page of one of the listed hosts and returns its text as Markdown.',
    fetch: async (url: string): Promise<JSONValue> => {
      const page = await pages.get(url, { question, beyondBudget: 'throw' });
      return 'refused' in page ? { url: page.url, error: page.refused } : { ...page };
    },
  };
}
