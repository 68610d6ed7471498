/** The bucket side, as an ingestion job needs it. The real one is the embedded S3 server, read over its wire. */
export interface ObjectReader {
  list(bucket: string, prefix: string): AsyncIterable<ListedObject>;
  /** `undefined` when the object is not there (any more). */
  get(bucket: string, key: string): Promise<Buffer | undefined>;
  exists(bucket: string): Promise<boolean>;
}

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
}
