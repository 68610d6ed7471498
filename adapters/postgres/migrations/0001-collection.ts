import { sql, type Kysely } from 'kysely';

/** Definitions, runs, the manifest, dead letters and the marks of the knowledge-base sync. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table definitions (
    digest text primary key,
    kind text not null,
    body jsonb not null,
    created_at timestamptz not null default now()
  )`,
  `create table revisions (
    id bigint generated always as identity primary key,
    created_at timestamptz not null default now(),
    author text not null,
    commit text,
    sources jsonb not null,
    in_force boolean not null default false
  )`,
  // At most one revision is in force.
  `create unique index revisions_in_force on revisions (in_force) where in_force`,
  `create table source_state (
    tenant text not null,
    source text not null,
    -- Raised by every attempt that begins to write; a write with an older one is refused (zombies).
    fence bigint not null default 0,
    config_sig text,
    -- Committed together with the documents before it.
    cursor jsonb,
    -- Names the listing that is under way; documents seen in it carry it. Survives runs until the listing is complete.
    listing bigint not null default 0,
    listing_open boolean not null default false,
    run text,
    primary key (tenant, source)
  )`,
  `create table documents (
    tenant text not null,
    source text not null,
    -- sha256 of the canonical source document id, hex.
    hash text not null,
    doc_id text not null,
    bucket text not null,
    key text not null,
    state text not null,
    content_hash text,
    meta_hash text,
    config_sig text,
    content_etag text,
    sidecar_etag text,
    etag text,
    last_modified text,
    title text,
    url text,
    modified_at timestamptz,
    bytes bigint not null default 0,
    notes jsonb,
    first_seen timestamptz not null,
    last_changed timestamptz,
    last_seen_listing bigint not null default 0,
    last_seen_run text,
    -- Sightings of an explicit removal, one a run; back to 0 when it is seen again. A sure removal counts 2 at once.
    gone_count integer not null default 0,
    gone_why text,
    fail_count integer not null default 0,
    failure text,
    failure_detail text,
    primary key (tenant, source, hash)
  ) with (fillfactor = 80)`,
  `create index documents_not_seen on documents (tenant, source, state, last_seen_listing)`,
  // Objects that a document left behind when its key changed: removed after the next complete listing.
  `create table stale_objects (
    bucket text not null,
    key text not null,
    tenant text not null,
    source text not null,
    since timestamptz not null default now(),
    primary key (bucket, key)
  )`,
  `create table deletions (
    tenant text not null,
    source text not null,
    hash text not null,
    doc_id text not null,
    key text not null,
    run text not null,
    rule text not null,
    deleted_at timestamptz not null default now()
  )`,
  `create index deletions_by_source on deletions (tenant, source, deleted_at)`,
  `create table runs (
    -- The workflow id: collect:<source>-<nominal time>.
    id text primary key,
    temporal_run_id text not null,
    tenant text not null,
    source text not null,
    definition_digest text not null,
    trigger text not null,
    status text not null,
    phase text not null,
    started_at timestamptz not null,
    -- The time that the schedule meant: earlier than the start for a late or backfilled run.
    nominal_at timestamptz,
    finished_at timestamptz,
    updated_at timestamptz not null default now(),
    slices integer not null default 0,
    attempts integer not null default 0,
    counts jsonb not null default '{}',
    listing_complete boolean,
    listing_note text,
    failure text,
    failure_message text,
    held jsonb
  )`,
  `create index runs_by_source on runs (tenant, source, started_at desc)`,
  `create index runs_by_time on runs (started_at desc)`,
  `create table dead_letters (
    tenant text not null,
    source text not null,
    -- The document's hash, or the hash of what is known of it.
    hash text not null,
    doc_id text,
    failure text not null,
    detail text not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    attempts integer not null default 1,
    run text not null,
    primary key (tenant, source, hash)
  )`,
  // Marks of one data source of a knowledge base: dirty since the first change that no job covers.
  `create table knowledge_base_state (
    id text not null,
    data_source_id text not null,
    knowledge_base_id text not null,
    dirty_since timestamptz,
    changed_at timestamptz,
    primary key (knowledge_base_id, data_source_id)
  )`,
  `create table syncs (
    knowledge_base_id text not null,
    data_source_id text not null,
    job_id text not null,
    status text not null,
    requested_at timestamptz,
    started_at timestamptz not null,
    finished_at timestamptz,
    statistics jsonb,
    failure_message text,
    failed_documents jsonb,
    primary key (knowledge_base_id, data_source_id, job_id)
  )`,
  `create index syncs_by_time on syncs (started_at desc)`,
];
