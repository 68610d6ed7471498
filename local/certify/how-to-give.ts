/** For each part that a report may miss, the option that gives it. */
export const HOW_TO_GIVE: Readonly<Record<string, string>> = {
  appendOnly: 'Where that is meant, say --append-only.',
  credentials: `Give --bad-credentials '{…}', what differs in the config then.`,
  unreachable: `Give --unreachable '{…}', what differs in the config then.`,
  nothing: `Give --nothing-matches '{…}', what differs in the config then.`,
  changing: 'Give --change-command "…", a command that changes one document at each call.',
  failing: `Give --failing '{…}', what differs in the config when an error comes in the middle.`,
  poisoned: `Give --poisoned '{…}', what differs in the config then.`,
  hostile: 'The kit brings them along for built-in types only.',
  big: `Give --big '{…}', what differs in the config then; a built-in type brings one along with --full.`,
  former: 'Give --since REPORT, the JSON of the last certification.',
  secrets:
    'Give them by --env NAME=VALUE under a name such as API_TOKEN, or in a secret field of --config.',
};
