import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { argv } from 'node:process';
import {
  certify,
  type Certificate,
  type CertifyOptions,
} from '../activities/sources/conformance/certificate.ts';
import { checks } from '../activities/sources/conformance/checks.ts';
import type { CheckGroup } from '../activities/sources/conformance/check.ts';
import type { Subject } from '../activities/sources/conformance/subject.ts';
import { sourceTypes } from '../activities/sources/index.ts';
import { CERTIFY_HELP, parseCertifyArguments, type CertifyArguments } from './certify/arguments.ts';
import { fixtures } from './certify/fixtures/index.ts';
import { former, ownSubject } from './certify/own-subject.ts';
import { scheduleChecks } from './certify/schedule-checks.ts';
import { outcomeLines, paintFor, verdictLines } from './certify/report-text.ts';
import { type LocalConfig, reachLoopbackDirectly, readLocalConfig } from './config.ts';

// `npm run certify -- <type>` or `-- <program>`: the conformance kit over a built-in type or over somebody's own script.

const WRONG_USAGE = 2;

let code: number;
try {
  code = await main(argv.slice(2), readLocalConfig());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  code = WRONG_USAGE;
}
// Everything has been closed; a pool that somebody keeps warm must not keep the terminal.
process.exit(code);

async function main(given: readonly string[], local: LocalConfig): Promise<number> {
  const args = parseCertifyArguments(given);
  if (args.help) {
    console.log(CERTIFY_HELP);
    return 0;
  }
  reachLoopbackDirectly();
  const subject = await subjectOf(args, local);
  const name = args.command ? `"${args.command.join(' ')}"` : `The type "${args.type}"`;
  const certificate = await tryOut(subject, name, args, local);
  if (args.json.to === 'output') console.log(JSON.stringify(certificate, null, 2));
  if (args.json.to === 'file')
    await keep(certificate, resolve(local.workingFolder, args.json.path));
  return certificate.verdict === 'passed' ? 0 : 1;
}

async function subjectOf(args: CertifyArguments, local: LocalConfig): Promise<Subject> {
  const type = sourceTypes.get(args.type);
  if (type === undefined)
    throw new Error(
      `"${args.type}" is no source type. Types are ${[...sourceTypes.keys()].join(', ')}; a program of yours stands after "--".`,
    );
  if (args.command || args.config !== undefined) return ownSubject(type, args, local);
  const fixture = fixtures.get(args.type);
  if (fixture === undefined)
    throw new Error(
      `No source is brought along for the type "${args.type}". Give one of yours by --config.`,
    );
  return { ...(await fixture(type, { local, full: args.full })), ...former(args, local) };
}

async function tryOut(
  subject: Subject,
  name: string,
  args: CertifyArguments,
  local: LocalConfig,
): Promise<Certificate> {
  const schedule = args.schedule ? scheduleChecks(local) : undefined;
  try {
    const all = [...checks, ...(schedule?.checks ?? [])];
    return await shown(subject, { name, checks: all }, args);
  } finally {
    await schedule?.close();
  }
}

async function shown(
  subject: Subject,
  { name, checks }: Required<Pick<CertifyOptions, 'name' | 'checks'>>,
  { json }: CertifyArguments,
): Promise<Certificate> {
  const isText = json.to !== 'output';
  const say = isText ? console.log : console.error;
  const paint = paintFor(isText ? process.stdout.isTTY : process.stderr.isTTY);
  const begun = new Set<CheckGroup>();
  say(`${name} is tried.`);
  const certificate = await certify(subject, {
    name,
    checks,
    onOutcome(one) {
      for (const line of outcomeLines(one, !begun.has(one.group), paint)) say(line);
      begun.add(one.group);
    },
  });
  for (const line of verdictLines(certificate, paint)) say(line);
  return certificate;
}

async function keep(certificate: Certificate, path: string): Promise<void> {
  await writeFile(path, `${JSON.stringify(certificate, null, 2)}\n`);
  console.error(`The report is in "${path}".`);
}
