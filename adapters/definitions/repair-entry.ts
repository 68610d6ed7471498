import { z } from 'zod';
import { duration } from './duration-entry.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const People = z.array(z.string().min(1).max(200)).min(1).max(50);
const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, {
  error: 'Use a time of day such as "22:00".',
});
const Moment = z.string().refine((text) => isMoment(text), {
  error: 'Use a moment with its time zone, such as "2026-12-23T18:00:00Z".',
});

/** What may be said of repairs for all sources, a tenant or one source; what is left out comes from the wider one. */
export const RepairSettingsEntry = z.strictObject({
  phase: z
    .exactOptional(z.enum(['manual', 'assisted', 'autonomous']))
    .describe(
      '"manual" shows fixes, "assisted" asks people about each, "autonomous" deploys what is proven. Default: "assisted".',
    ),
  tier: z
    .exactOptional(z.number().int().min(1).max(2))
    .describe('1 for what must not go wrong: two people, and more proof. Default: 2.'),
  review: z
    .exactOptional(z.enum(['required', 'by-numbers']))
    .describe('"required": every fix goes to a person first. Default: "by-numbers".'),
  approvers: z
    .exactOptional(People)
    .describe('Who may decide: users, or "team:<name>". Default: everyone, recorded as unproven.'),
  quorum: z
    .exactOptional(z.number().int().min(1).max(10))
    .describe('Different people that must approve. Default: 1, of tier 1: 2.'),
  deadline: z
    .exactOptional(duration(HOUR_MS, 7 * DAY_MS, '1 hour to 168 hours'))
    .describe('How long people have. Default: "72 hours".'),
  escalation: z
    .exactOptional(
      z
        .array(
          z.strictObject({
            after: duration(60_000, 7 * DAY_MS, '1 minute to 168 hours').describe('Since asked.'),
            to: People.describe('Whom to tell.'),
          }),
        )
        .max(5),
    )
    .describe('Whom else to tell when nobody has answered. Default: nobody.'),
  quietHours: z
    .exactOptional(
      z.strictObject({
        from: Clock,
        to: Clock,
        timezone: z.string().refine(isTimeZone, {
          error: 'Use an IANA time zone such as "Europe/Berlin".',
        }),
      }),
    )
    .describe('No reminders in between. Default: none.'),
  deploysADay: z
    .exactOptional(z.number().int().min(0).max(100))
    .describe('Deploys without a person, of one source in 24 hours. Default: 2.'),
  caps: z
    .exactOptional(
      z.strictObject({
        perHost: z.number().int().min(1).max(100).default(2),
        perHour: z.number().int().min(1).max(1000).default(20),
        atATime: z.number().int().min(1).max(1000).default(10),
      }),
    )
    .describe('Repairs at work on one host (2), begun in an hour (20), at work at a time (10).'),
  tauDeploy: z
    .exactOptional(z.number().min(0.8).max(0.999))
    .describe(
      'Probability from which a fix may deploy by itself; recalibration only ever raises it. Default: 0.95.',
    ),
  tauPr: z
    .exactOptional(z.number().min(0.3).max(0.95))
    .describe('Probability from which people are asked. Default: 0.7.'),
  lambda: z
    .exactOptional(z.number().min(0.5).max(0.99))
    .describe(
      'What earlier outcomes must prove before a deploy, as a lower bound with 95 % confidence. Default: 0.9, of tier 1: 0.95.',
    ),
  freezeWindows: z
    .exactOptional(
      z
        .array(
          z.strictObject({
            from: Moment,
            to: Moment,
            reason: z.exactOptional(z.string().min(1).max(200)),
          }),
        )
        .max(50),
    )
    .describe('Nothing deploys by itself in between. Default: none.'),
  dryRun: z
    .exactOptional(z.boolean())
    .describe('Everything runs, and the last step says what it would have done. Default: false.'),
  onFailedChecks: z
    .exactOptional(z.enum(['pull-request', 'alert']))
    .describe('What becomes of a fix whose checks failed. Default: "pull-request", as a draft.'),
  probation: z
    .exactOptional(
      z.strictObject({
        runs: z.number().int().min(1).max(20).default(3),
        within: duration(HOUR_MS, 31 * DAY_MS, '1 hour to 31 days').default('48 hours'),
      }),
    )
    .describe('Good runs that a deployed fix must show, and until when. Default: 3 in "48 hours".'),
});

/** `repair` of a definitions file. A version that nobody here knows changes nothing. */
export const RepairEntry = RepairSettingsEntry.extend({
  version: z
    .number()
    .refine((version) => version === 1, {
      error: 'This Wellspring knows version 1 of the repair policy alone. Nothing was changed.',
    })
    .describe('1: the version of these keys.'),
  tenants: z
    .exactOptional(z.record(z.string(), RepairSettingsEntry))
    .describe('The same for the sources of a tenant.'),
});

export type RepairSettingsEntry = z.infer<typeof RepairSettingsEntry>;
export type RepairEntry = z.infer<typeof RepairEntry>;

function isMoment(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
