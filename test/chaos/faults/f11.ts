import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd, until } from '../steps/runs.ts';
import { s3Fault } from '../steps/services.ts';
import { MET, signalBusy } from '../steps/workers.ts';

const MEGABYTES = 40;
const PARTS = 'parts that were stored before the worker died';

const largeFile: Step = {
  says: `page 3 of the site is a file of ${MEGABYTES} MB`,
  act: ({ site }) => Promise.resolve(site.serveFile(3, MEGABYTES)),
};

function untilParts(count: number): Step {
  return {
    says: `wait for ${count} parts`,
    async act(arena) {
      const { requests } = arena.cloud.s3;
      await until(() => requests.count('UploadPart') >= count, `${count} parts`);
      arena.count(PARTS, requests.count('UploadPart'));
    },
  };
}

const noneLeft: Step = {
  says: 'see that no upload is left half-done',
  async act({ cloud }) {
    const command = new ListMultipartUploadsCommand({ Bucket: cloud.bucket });
    const { Uploads = [] } = await cloud.clients.s3.send(command);
    if (Uploads.length > 0) throw new Error(`${Uploads.length} are: ${Uploads[0]?.Key}.`);
  },
};

export const f11: Fault = {
  id: 'F11',
  title: 'a worker dies in the middle of a large file',
  workload: { site: 5 },
  script: (random) => [
    largeFile,
    s3Fault({ kind: 'slow', operation: 'UploadPart', delayMs: 400 }),
    collect(),
    untilParts(random.between(2, 4)),
    signalBusy('SIGKILL', 'site'),
    runsEnd('succeeded'),
    noneLeft,
  ],
  observe: ({ seen }) => ({
    [MET.SIGKILL]: seen.get(MET.SIGKILL) ?? 0,
    [PARTS]: seen.get(PARTS) ?? 0,
  }),
  heals: 'by itself',
};
