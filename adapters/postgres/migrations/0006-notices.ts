import { sql, type Kysely } from 'kysely';

/** What people are told, and what became of each message to a webhook. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // Webhooks of the revision, as they were applied: secrets are references.
  `alter table revisions add column notifications jsonb not null default '[]'`,
  `create table notices (
    id bigint generated always as identity primary key,
    -- sha256 over kind, tenant, source and subject, hex.
    fingerprint text not null,
    kind text not null,
    severity text not null,
    tenant text not null,
    source text,
    run text,
    -- What tells it from others of its kind at the same source: a failure name, the digest of a set.
    subject text not null default '',
    what text not null,
    command text not null,
    -- Since when the thing is so, which may be long before it was noted.
    since timestamptz not null,
    opened_at timestamptz not null default clock_timestamp(),
    last_noted_at timestamptz not null default clock_timestamp(),
    times_noted integer not null default 1,
    closed_at timestamptz,
    closed_because text
  )`,
  // Told once while it is open, however often it is noted.
  `create unique index notices_open on notices (fingerprint) where closed_at is null`,
  `create index notices_open_by_source on notices (tenant, source) where closed_at is null`,
  `create index notices_closed on notices (closed_at) where closed_at is not null`,
  // One request to one webhook. Its body never changes, so that a repeated request is the same one.
  `create table notice_posts (
    id text primary key,
    webhook text not null,
    body text not null,
    state text not null default 'waiting',
    attempts integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    last_attempt_at timestamptz,
    problem text,
    ended_at timestamptz
  )`,
  `create index notice_posts_waiting on notice_posts (webhook, created_at) where state = 'waiting'`,
  `create index notice_posts_by_time on notice_posts (webhook, created_at)`,
  // Which request told which notice: a notice is told once to a webhook, alone or in a digest.
  `create table notice_deliveries (
    notice bigint not null references notices on delete cascade,
    webhook text not null,
    post text not null references notice_posts on delete cascade,
    primary key (notice, webhook)
  )`,
  // Of Temporal's schedules, for those who do not ask Temporal: what a person paused is not late.
  `create table paused_by_people (
    tenant text not null,
    source text not null,
    noted_at timestamptz not null default now(),
    primary key (tenant, source)
  )`,
  `create index notice_deliveries_by_post on notice_deliveries (post)`,
];
