import { sql, type Kysely } from 'kysely';

/** What web sources gave when all was well, and what they gave when it was not: counts a run, and rows about bodies that lie in S3. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table run_tallies (
    run text primary key,
    tenant text not null,
    source text not null,
    -- The crawl that was counted: another one in the same run begins anew, and so does its count.
    crawl text not null,
    -- Of the extraction that was in force; empty where the source has none.
    spec_digest text not null,
    tally jsonb not null,
    -- Why evidence of this run could not be kept, as a sentence.
    problem text,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
  )`,
  `create index run_tallies_of_source on run_tallies (tenant, source, created_at)`,
  `create table evidence_pages (
    tenant text not null,
    source text not null,
    -- sha256 over what makes it another one: its role, document, body and values; of a failing page its run, too.
    page text not null,
    -- 'good': known good once a run that confirms it has ended well. 'failing': what could not be read as the definition says.
    role text not null,
    doc_hash text not null,
    doc_id text not null,
    -- The run that brought it, and the newest five that found it the same.
    run text not null,
    confirmed text[] not null,
    -- One of those that confirmed it, even if it is no longer among the five, has ended well.
    known_good boolean not null default false,
    -- 'shown' to those who look for a fix, or 'held-out' from them: a document never changes sides.
    side text not null,
    bucket text not null,
    body_key text,
    values_key text,
    -- Groups pages that are built alike.
    shape text not null,
    spec_digest text not null,
    -- Address, status, headers and failure, as JSON.
    facts jsonb not null,
    at timestamptz not null default clock_timestamp(),
    confirmed_at timestamptz not null default clock_timestamp(),
    primary key (tenant, source, page)
  )`,
  `create index evidence_pages_of_run on evidence_pages (run)`,
  `create table evidence_objects (
    tenant text not null,
    source text not null,
    bucket text not null,
    key text not null,
    sha256 text not null,
    bytes bigint not null,
    -- No row needs it any more: the object goes, and then this row.
    removing boolean not null default false,
    at timestamptz not null default clock_timestamp(),
    primary key (tenant, source, bucket, key)
  )`,
  // Only where it is another side than the hash of the document says.
  `create table evidence_sides (
    tenant text not null,
    source text not null,
    doc_hash text not null,
    side text not null,
    primary key (tenant, source, doc_hash)
  )`,
];
