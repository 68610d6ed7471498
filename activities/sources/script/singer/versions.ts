import type { ScriptConfig } from '../config.ts';

/** What a tap has said about the versions of its tables. */
export interface VersionLedger {
  record(stream: string, version: string | undefined): void;
  activated(stream: string, version: string): void;
  /** Every stream's last version, of earlier reads too. */
  all(): Record<string, string>;
  /**
   * Whether this read has shown every document of every stream that the definition names. ACTIVATE_VERSION licenses the removal of other
   * versions of one stream, and a listing is about the whole source: so all of them have to be activated after their last record. A version
   * that an earlier read named already may have been emitted in part there, so only a new one counts. A stream that the definition does not
   * name could have been left out by the tap, so without names there is no licence.
   */
  complete(config: ScriptConfig): boolean;
}

export function versionLedger(earlier: Readonly<Record<string, string>>): VersionLedger {
  const last = new Map(Object.entries(earlier));
  const activated = new Set<string>();
  return {
    record(stream, version) {
      activated.delete(stream);
      if (version !== undefined) last.set(stream, version);
    },
    activated(stream, version) {
      const known = Object.hasOwn(earlier, stream) ? earlier[stream] : undefined;
      if (known !== version) activated.add(stream);
      last.set(stream, version);
    },
    all: () => Object.fromEntries(last),
    complete({ streams }) {
      const names = Object.keys(streams ?? {});
      return names.length > 0 && names.every((name) => activated.has(name));
    },
  };
}
