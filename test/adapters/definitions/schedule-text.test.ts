import { describe, expect, test } from 'vitest';
import { describeSchedule, readSchedule } from '../../../adapters/definitions/schedule-text.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe('a schedule', () => {
  test.each([
    ['0 */6 * * *', { cron: '0 */6 * * *' }, 6 * HOUR_MS],
    ['*/7 * * * *', { cron: '*/7 * * * *' }, 4 * MINUTE_MS],
    ['0 9,17 * * 1-5', { cron: '0 9,17 * * 1-5' }, 8 * HOUR_MS],
    ['0 6 * * TUE', { cron: '0 6 * * TUE' }, 7 * DAY_MS],
    ['0 6 * * 7', { cron: '0 6 * * 7' }, 7 * DAY_MS],
    ['0 0 1 */2 *', { cron: '0 0 1 */2 *' }, 59 * DAY_MS],
    ['  0   2 * * * ', { cron: '0 2 * * *' }, DAY_MS],
    ['every 6 hours', { everyMs: 6 * HOUR_MS }, 6 * HOUR_MS],
    ['every hour', { everyMs: HOUR_MS }, HOUR_MS],
    ['Every 1 h 30 min', { everyMs: 90 * MINUTE_MS }, 90 * MINUTE_MS],
    ['@every 90s', { everyMs: 90_000 }, 90_000],
    ['hourly', { cron: '0 * * * *' }, HOUR_MS],
    ['@daily', { cron: '0 0 * * *' }, DAY_MS],
    ['weekly', { cron: '0 0 * * 0' }, 7 * DAY_MS],
  ])('%s', (text, spec, periodMs) => {
    expect(readSchedule(text, 'UTC')).toMatchObject({ schedule: { spec, periodMs }, notices: [] });
  });

  test.each([
    ['every tuesday', 'Use a cron line such as "0 6 * * 2" or'],
    ['every monday at 9:30 pm', 'Use a cron line such as "30 21 * * 1" or'],
    ['at 12am', 'Use a cron line such as "0 0 * * *" or'],
    ['* * * *', 'A cron line has 5 fields, this has 4. '],
    ['0 0 6 * * *', 'A cron line has 5 fields, this has 6. '],
    ['61 * * * *', 'Invalid value for minute: 61. '],
    ['0 6 L * *', 'Use a cron line'],
    ['0 0 30 2 *', 'That time never comes. '],
    ['every 5 seconds', 'Use whole seconds, from "every 10 seconds"'],
    ['every 0 hours', 'Use a cron line'],
    ['', 'Use a cron line'],
  ])('"%s" is refused with a remedy', (text, remedy) => {
    const read = readSchedule(text, 'UTC');

    expect(read).toMatchObject({ key: 'schedule' });
    expect(JSON.stringify(read)).toContain(JSON.stringify(remedy).slice(1, -1));
  });

  test('with a named zone is warned about the hours in which clocks change', () => {
    const notices = (text: string, zone: string): number => {
      const read = readSchedule(text, zone);
      return 'notices' in read ? read.notices.length : -1;
    };

    expect(notices('30 2 * * *', 'Europe/Berlin')).toBe(1);
    expect(notices('30 2 * * *', 'UTC')).toBe(0);
    expect(notices('30 12 * * *', 'Europe/Berlin')).toBe(0);
    expect(notices('*/5 * * * *', 'Europe/Berlin')).toBe(0);
  });

  test('with both kinds of days is warned that Temporal wants both to match', () => {
    expect(readSchedule('0 6 1 * 1', 'UTC')).toMatchObject({
      notices: [{ remedy: 'Temporal runs it only when both match, unlike classic cron.' }],
    });
  });

  test('is said for people', () => {
    const said = (text: string): string => {
      const read = readSchedule(text, 'UTC');
      return 'schedule' in read ? describeSchedule(read.schedule) : '';
    };

    expect(said('@every 90s')).toBe('every 90 seconds (UTC)');
    expect(said('0 2 * * *')).toBe('"0 2 * * *" (UTC)');
  });
});
