import type { Handler } from './handler.ts';
import { wholeBody } from './incoming-body.ts';
import { parseXml, xmlDocument } from './xml.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** Makes a bucket. Its region is taken as said: there is only one place. */
export const createBucket: Handler = async ({ request, body, store }) => {
  const content = await wholeBody(body, MAX_BODY_BYTES);
  if (content.length > 0) parseXml(content, 'CreateBucketConfiguration');
  await store.createBucket(request.bucket);
  return { status: 200, headers: { location: `/${request.bucket}` } };
};

/** Says whether a bucket exists. */
export const headBucket: Handler = ({ bucket }) => {
  bucket();
  return { status: 200, headers: { 'content-type': 'application/xml' } };
};

/** Lists every bucket by name, on one page. */
export const listBuckets: Handler = ({ store, request }) => {
  const prefix = request.query.get('prefix') ?? '';
  const buckets = store.buckets().filter(({ name }) => name.startsWith(prefix));
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('ListAllMyBucketsResult', [
      ['Owner', [['ID', 'wellspring']]],
      [
        'Buckets',
        buckets.map(({ name, createdMs }) => [
          'Bucket',
          [
            ['Name', name],
            ['CreationDate', new Date(createdMs).toISOString()],
          ],
        ]),
      ],
    ]),
  };
};
