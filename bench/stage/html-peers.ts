import { notInstalled } from './peer-versions.ts';

export type Convert = (html: string) => string;

export interface HtmlPeers {
  readonly turndown: Convert;
  /** Parses, and counts what it is told. */
  readonly htmlparser2: (html: string) => number;
}

/** The peers at their best: turndown makes tables, too, and leaves out what is no text. @throws Error - one is not installed. */
export async function loadPeers(): Promise<HtmlPeers> {
  const { default: TurndownService } = await import('turndown');
  const gfm = await import('@joplin/turndown-plugin-gfm');
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced' });
  service.use([gfm.tables, gfm.strikethrough, gfm.taskListItems, gfm.highlightedCodeBlock]);
  service.remove(['script', 'style', 'noscript', 'template', 'title'] as never);
  const { Parser } = await import('htmlparser2').catch((cause: unknown) => {
    throw notInstalled('htmlparser2', cause);
  });
  return {
    turndown: (html) => (html === '' ? '' : service.turndown(html)),
    htmlparser2: (html) => {
      let events = 0;
      const count = (): void => {
        events += 1;
      };
      new Parser({ onopentag: count, ontext: count, onclosetag: count }).end(html);
      return events;
    },
  };
}
