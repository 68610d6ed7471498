/** What the embedded cloud will know once it runs; the form is all that a check needs. */
export const EMBEDDED_VARIABLES: Readonly<Record<string, string>> = {
  KNOWLEDGE_BASE_ID: 'AAAAAAAAAA',
  DATA_SOURCE_ID: 'AAAAAAAAAA',
  SOURCE_AGENTS_S3_BUCKET: 'wellspring-documents',
  EVIDENCE_BUCKET: 'wellspring-evidence',
};
