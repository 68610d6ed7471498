import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const DEMO_SOURCE = 'shop';

/** What a person would write for the shop, where the demo can show it. The file's path. */
export async function writeDemoDefinitions(
  folder: string,
  { origin, autonomous }: { readonly origin: string; readonly autonomous: boolean },
): Promise<string> {
  const file = join(folder, 'wellspring.yaml');
  await writeFile(file, definitions(origin, autonomous));
  return file;
}

function definitions(origin: string, autonomous: boolean): string {
  const phase = autonomous
    ? 'autonomous # a fix deploys by itself, where outcomes have proven enough'
    : 'assisted # every fix is asked about';
  return `# What "npm run demo:repair" collects: a shop on this machine whose layout changes.
repair:
  version: 1
  phase: ${phase}
  probation: { runs: 3, within: 48 hours } # good runs that a fix needs before its incident is closed

knowledgeBases:
  - id: main
    knowledgeBaseId: "\${env:KNOWLEDGE_BASE_ID}"
    dataSourceId: "\${env:DATA_SOURCE_ID}"
    bucket: "\${env:SOURCE_AGENTS_S3_BUCKET}"
    prefix: ""
    evidence: { bucket: "\${env:EVIDENCE_BUCKET}", prefix: evidence } # samples of pages, which repairs need

sources:
  - id: ${DEMO_SOURCE}
    type: http
    title: Wick & Daughters
    schedule: every 6 hours
    category: products
    config:
      urls: ["${origin}/products/W-1000"]
      sitemap: include
      extract:
        title: { locators: h1.product-title, stable: true } # the name
        price: { locators: .product-price, type: number, normalise: [stripCurrency], stable: true }
        content: .product-text
`;
}
