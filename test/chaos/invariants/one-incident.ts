import type { Evidence, IncidentEvidence, RepairEvidence } from '../evidence.ts';

/** I7: one cause is one incident at a time, worked on by one repair and told once; breaks of one storm are held, not repaired one by one. */
export function oneIncident({ repair }: Evidence): readonly string[] {
  return [...overlaps(repair), ...countedTwice(repair), ...toldTwice(repair), ...storms(repair)];
}

function overlaps({ incidents }: RepairEvidence): readonly string[] {
  const same = Map.groupBy(incidents, ({ source, fingerprint }) => `${source} ${fingerprint}`);
  return [...same.values()].flatMap((all) =>
    all.flatMap((one, at) => {
      const before = all[at - 1];
      if (before === undefined || (before.closedAtMs ?? Infinity) <= one.openedAtMs) return [];
      return [`Incident "${one.id}" was opened for the break of "${before.id}", which was open.`];
    }),
  );
}

function countedTwice({ incidents }: RepairEvidence): readonly string[] {
  return incidents.flatMap(({ id, runs }) => {
    const twice = runs.filter((run, at) => run !== '' && runs.indexOf(run) !== at);
    return twice.map((run) => `Incident "${id}" counts run ${run} twice.`);
  });
}

/** Each of these names in its subject what it is about, so that it is told once. */
const ONCE: ReadonlySet<string> = new Set(['approval-waiting', 'approval-expired', 'repair-alert']);

function toldTwice({ notices, incidents, decisions }: RepairEvidence): readonly string[] {
  const repeated = notices
    .filter(({ kind, noted }) => ONCE.has(kind) && noted > 1)
    .map(({ kind, subject, noted }) => `"${kind}" of "${subject}" was told ${noted} times.`);
  const questions = incidents.flatMap(({ id }) => {
    const asked = decisions.filter((one) => one.incident === id && one.requestId !== undefined);
    const told = notices.filter(
      ({ kind, subject }) => kind === 'approval-waiting' && subject.startsWith(`${id}#`),
    );
    return told.length > asked.length
      ? [`Incident "${id}" asked ${asked.length} questions, and told of ${told.length}.`]
      : [];
  });
  return [...repeated, ...questions];
}

/** Until a sixth break says that it is a storm, each is a break of its own. */
const BEFORE_A_STORM = 5;

function storms({ storms: open, incidents, decisions }: RepairEvidence): readonly string[] {
  const twice = open.filter(
    ({ scope, key }, at) => open.findIndex((one) => one.scope === scope && one.key === key) !== at,
  );
  const decided = new Set(decisions.map(({ incident }) => incident));
  const repaired = (all: readonly IncidentEvidence[]): number =>
    all.filter(({ id }) => decided.has(id)).length;
  return [
    ...twice.map(({ scope, key }) => `Two systemic incidents are open for ${scope} "${key}".`),
    ...open.flatMap(({ id }) => {
      const count = repaired(incidents.filter(({ storm }) => storm === id));
      return count > BEFORE_A_STORM
        ? [`${count} incidents of "${id}" were repaired one by one.`]
        : [];
    }),
  ];
}
