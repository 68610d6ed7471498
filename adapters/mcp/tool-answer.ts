import type { CallToolResult } from '@modelcontextprotocol/client';

export interface ToolAnswer {
  /** The tool says itself that it failed; `text` then says why. */
  readonly isError: boolean;
  /** All text parts and embedded texts, joined by empty lines. */
  readonly text: string;
  /** The structured content; else the text as JSON if it is some; else the text. */
  readonly data: unknown;
  /** What else came, for the sentence about an answer without text: `image/png` … */
  readonly otherTypes: readonly string[];
}

/** What a tool answered, in our words. */
export function toolAnswer(result: CallToolResult): ToolAnswer {
  const parts = result.content.map(partOf);
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const text = texts.join('\n\n');
  return {
    isError: result.isError === true,
    text,
    data: result.structuredContent ?? parsed(text),
    otherTypes: parts.flatMap((part) => ('other' in part ? [part.other] : [])),
  };
}

function partOf(block: CallToolResult['content'][number]): { text: string } | { other: string } {
  if (block.type === 'text') return { text: block.text };
  if (block.type === 'resource' && 'text' in block.resource) return { text: block.resource.text };
  if (block.type === 'image' || block.type === 'audio') return { other: block.mimeType };
  return { other: block.type };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
