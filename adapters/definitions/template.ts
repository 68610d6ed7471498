/** Name of the JSON Schema file at the top of the repository, which `npm run schema` writes. */
export const SCHEMA_FILE = 'wellspring.schema.json';

/**
 * The commented `wellspring.yaml` that `npm run cli -- init` writes: valid as it is, once the variables that it names are set.
 * `schemaPath` is where the editor finds the JSON Schema, relative to the file.
 */
export function initialDefinitions(schemaPath: string = SCHEMA_FILE): string {
  return `# yaml-language-server: $schema=${schemaPath}
${TEMPLATE}`;
}

const TEMPLATE = `#
# What Wellspring collects, when, and where it goes.
#   npm run cli -- validate              checks this file
#   npm run cli -- check documentation   tries what a run would need of that source
#   npm run cli -- plan                  shows what would change
#   npm run cli -- apply                 makes it so
#
# \${env:NAME} takes a value from the environment when this file is loaded. In secret fields (connection strings, tokens)
# it stays a reference until a worker needs it; there, secretsmanager:NAME works too.

# More files with the same keys, relative to this one:
# include: [sources/*.yaml]

knowledgeBases:
  - id: main                                    # our name for it
    knowledgeBaseId: "\${env:KNOWLEDGE_BASE_ID}" # Bedrock's ids
    dataSourceId: "\${env:DATA_SOURCE_ID}"
    bucket: "\${env:SOURCE_AGENTS_S3_BUCKET}"   # the bucket that its data source reads
    prefix: ""                                  # the key prefix that it reads; empty for all
    evidence: { bucket: "\${env:EVIDENCE_BUCKET}", prefix: evidence } # previews and kept pages, in a place that is not indexed:
                                                # without it no source can be repaired
    # sync: { quiet: "2 minutes", maxWait: "10 minutes" }            # when ingestion starts after a change

# notifications:                                # who is told when something needs a person
#   - id: operators
#     url: https://hooks.example.com/wellspring
#     secret: "\${env:WEBHOOK_SECRET}"          # signs each request
#     events: [run-held, source-paused, freshness-breached, approval-waiting]  # default: all

# repair:                                       # how far repairs of broken sources go by themselves
#   version: 1                                  # must be there
#   phase: assisted                             # manual, assisted (people approve each fix) or autonomous

sources:
  - id: documentation                           # part of every key: choose it for good
    type: http                                  # browser, database, http, mcp, script or strands
    title: Documentation                        # for people
    schedule: "0 */6 * * *"                     # cron with 5 fields, or "every 6 hours"; UTC unless timezone says otherwise
    # timezone: Europe/Berlin
    # enabled: false                            # pauses the schedule
    category: documentation                     # one to three slugs joined by /
    # limits: { timeout: "30 minutes", maxDocuments: 10000, maxDeletedShare: 0.15 }
    config:
      urls: ["https://docs.example.com/"]
      # extract:                                # fields instead of the readable part; only these can be repaired
      #   title: h1
      #   content: article
      #   author: { locators: [{ css: .author }, { meta: author }], required: false }

  # - id: company-database
  #   type: database
  #   schedule: every 6 hours
  #   category: database/articles
  #   config:
  #     url: "\${env:ARTICLES_DATABASE_URL}"     # a secret field: the value is not stored
  #     table: knowledge_articles
  #     primaryKey: [id]
  #     cursor: updated_at
  #     title: title
  #     body: [summary, content]

  # - id: price-list
  #   type: script
  #   category: prices
  #   config:
  #     command: [python3, prices.py]           # prints one JSON document a line: {"kind":"document","id":…,"content":…}
  #     cwd: .                                  # relative to the folder of this file
  #     fullListing: true                       # a good exit means that everything was listed: what is missing is removed
`;
