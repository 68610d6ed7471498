import { z } from 'zod';
import { readFilter } from './filter.ts';
import type { IndexedDocument } from './library.ts';
import { pageOf } from './paging.ts';
import type { Hit } from './search/passage-index.ts';
import {
  findKnowledgeBase,
  readBody,
  requireActive,
  type ApiRequest,
  type Service,
} from './service.ts';
import { validation } from './service-error.ts';

/** Answers with passages in the order of their scores: words instead of vectors, everything else as Bedrock does it. */
export async function retrieve(service: Service, request: ApiRequest): Promise<object> {
  const knowledgeBase = findKnowledgeBase(service, request);
  requireActive(knowledgeBase, service.timing.clock.now());
  const { retrievalQuery, retrievalConfiguration, nextToken } = readBody(
    RetrieveRequest,
    request.body,
  );
  const { vectorSearchConfiguration, managedSearchConfiguration } = retrievalConfiguration ?? {};
  const unfit =
    knowledgeBase.kind === 'MANAGED' ? vectorSearchConfiguration : managedSearchConfiguration;
  if (unfit) {
    throw validation(
      `Knowledge base "${knowledgeBase.id}" is ${knowledgeBase.kind} and takes the other search configuration.`,
    );
  }

  const { numberOfResults, filter } = vectorSearchConfiguration ?? managedSearchConfiguration ?? {};
  const { storageType } = knowledgeBase;
  const passes = filter
    ? readFilter(filter, storageType === undefined ? {} : { storageType })
    : () => true;
  const index = await service.library.index(knowledgeBase.id);
  const hits = index.search(retrievalQuery.text, acceptedBy(passes));
  const question = [knowledgeBase.id, retrievalQuery.text, filter];
  const page = pageOf(hits, numberOfResults ?? DEFAULT_RESULTS, nextToken, question);
  return { retrievalResults: page.items.map((hit) => result(hit)), nextToken: page.nextToken };
}

/** Passages of a document without records share their attributes, and one verdict. */
function acceptedBy(
  passes: (metadata: Metadata) => boolean,
): (document: IndexedDocument, passage: number) => boolean {
  const verdicts = new Map<IndexedDocument, boolean>();
  return (document, passage) => {
    if (document.passageAttributes) return passes(metadataOf(document, passage));
    const verdict = verdicts.get(document) ?? passes(metadataOf(document, passage));
    verdicts.set(document, verdict);
    return verdict;
  };
}

/** Bedrock's own default. */
const DEFAULT_RESULTS = 5;

const SearchConfiguration = z.object({
  numberOfResults: z.exactOptional(z.int().min(1).max(100)),
  /** Both search by words here. */
  overrideSearchType: z.exactOptional(z.enum(['HYBRID', 'SEMANTIC'])),
  rerankingModelType: z.exactOptional(z.literal('NONE', 'the embedded server does not rerank')),
  rerankingConfiguration: z.exactOptional(z.never('the embedded server does not rerank')),
  filter: z.exactOptional(z.unknown()),
});

const RetrieveRequest = z.object({
  retrievalQuery: z.object({
    type: z.exactOptional(z.literal('TEXT', 'the embedded server searches by text')),
    text: z.string().min(1).max(10_000),
  }),
  retrievalConfiguration: z.exactOptional(
    z.object({
      vectorSearchConfiguration: z.exactOptional(SearchConfiguration),
      managedSearchConfiguration: z.exactOptional(SearchConfiguration),
    }),
  ),
  nextToken: z.exactOptional(z.string()),
});

function result({ document, passage, score }: Hit<IndexedDocument>): object {
  return {
    content: { type: 'TEXT', text: document.passages[passage] ?? '' },
    location: { type: 'S3', s3Location: { uri: document.uri } },
    score,
    metadata: {
      ...metadataOf(document, passage),
      'x-amz-bedrock-kb-chunk-id': String(passage),
    },
  };
}

type Metadata = ReturnType<typeof metadataOf>;

function metadataOf(
  { attributes, passageAttributes, uri, dataSourceId }: IndexedDocument,
  passage: number,
) {
  return {
    ...attributes,
    ...passageAttributes?.[passage],
    'x-amz-bedrock-kb-source-uri': uri,
    'x-amz-bedrock-kb-data-source-id': dataSourceId,
  };
}
