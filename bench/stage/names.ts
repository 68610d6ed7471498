/** The bucket of the S3 stub. */
export const BUCKET = 'documents';
/** Where the sources of the benches find their database. */
export const SOURCE_URL_VARIABLE = 'BENCH_SOURCE_URL';
/** Told to a bench worker: store nothing and answer as if, to fill a manifest quickly. */
export const DISCARD_VARIABLE = 'BENCH_DISCARD_OBJECTS';
export const REGION = 'us-east-1';
export const CREDENTIALS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' } as const;
