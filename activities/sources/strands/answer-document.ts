import type { SourceDocument } from '../contract.ts';
import type { Claim } from './claims.ts';
import type { AgentQuestion, StrandsConfig } from './config.ts';
import { promptSha256 } from './prompt.ts';

export interface Answered {
  readonly id: string;
  readonly question: AgentQuestion;
  readonly claims: readonly Claim[];
}

/** An answer as a document: each claim with its source and the words that prove it, so that a passage never loses them. */
export function answerDocument(
  { id, question, claims }: Answered,
  config: StrandsConfig,
): SourceDocument {
  const title = question.title ?? singleLine(question.text);
  return {
    id,
    title: title.slice(0, 300),
    body: { kind: 'markdown', text: [`# ${title}`, ...claims.map(claimText)].join('\n\n') },
    attributes: {
      model: config.model.modelId,
      prompt_sha256: promptSha256(config, question),
    },
  };
}

function claimText({ text, source_url: url, quote }: Claim): string {
  return `- ${singleLine(text)}\n\n  > ${singleLine(quote)}\n\n  Source: <${url}>`;
}

function singleLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
