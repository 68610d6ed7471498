import { withoutQuotes } from './conditions.ts';
import type { Handler } from './handler.ts';
import { wholeBody } from './incoming-body.ts';
import { S3Error } from './s3-error.ts';
import type { Bucket } from './store.ts';
import { parseXml, xmlDocument, type ParsedElement, type XmlElement } from './xml.ts';

/** S3 API reference, DeleteObjects. */
const MAX_KEYS = 1000;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** Removes up to 1000 objects; the answer is 200 and names those that could not be removed. */
export const deleteObjects: Handler = async ({ request, body, bucket }) => {
  const target = bucket();
  const root = parseXml(await wholeBody(body, MAX_BODY_BYTES), 'Delete');
  if (!request.headers.has('content-md5') && !body.received().checksum) {
    throw new S3Error(
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    );
  }
  const wanted = root.children('Object');
  if (wanted.length === 0 || wanted.length > MAX_KEYS) {
    throw new S3Error('MalformedXML', 'Name 1 to 1000 objects to delete.');
  }
  const isQuiet = root.text('Quiet') === 'true';
  const results = await Promise.all(wanted.map((one) => deleteOne(target, one)));

  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument(
      'DeleteResult',
      results.filter(([name]) => name === 'Error' || !isQuiet),
    ),
  };
};

async function deleteOne(bucket: Bucket, wanted: ParsedElement): Promise<XmlElement> {
  const key = wanted.text('Key') ?? '';
  try {
    await removeWanted(bucket, key, wanted);
    return ['Deleted', [['Key', key]]];
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return [
      'Error',
      [
        ['Key', key],
        ['Code', error.code],
        ['Message', error.message],
      ],
    ];
  }
}

async function removeWanted(bucket: Bucket, key: string, wanted: ParsedElement): Promise<void> {
  const unknown = ['VersionId', 'LastModifiedTime', 'Size'].find((name) => wanted.text(name));
  if (unknown) throw new S3Error('NotImplemented', `The element ${unknown} is not implemented.`);
  if (key === '') throw new S3Error('InvalidArgument', 'The key is missing.');
  const etag = wanted.text('ETag');
  const condition = etag === undefined ? {} : { ifMatch: withoutQuotes(etag) };
  await bucket.remove(key, { condition, before: undefined });
}
