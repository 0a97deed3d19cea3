import { BrokerError } from "./errors.ts";
import type { Entities, Entity } from "./types.ts";

/** How one kind of entity is stored; `entities` makes the administrator's view of it. */
export interface EntityKind<Config, Kept> {
  /** For error texts, such as `queue`. */
  readonly noun: string;
  /** The whole name of an entity, for error texts. */
  readonly uri: (name: string) => string;
  /** By name in lower case. */
  readonly kept: Map<string, Kept>;
  readonly describe: (kept: Kept) => Entity<Config>;
  readonly create: (config: Config) => Kept;
  readonly update: (kept: Kept, config: Config) => void;
  readonly remove: (kept: Kept) => void;
}

export function entities<Config extends { readonly name: string }, Kept>(
  kind: EntityKind<Config, Kept>,
): Entities<Config> {
  const find = (name: string): Kept => {
    const kept = kind.kept.get(nameKey(name));
    if (kept === undefined) {
      // the SDK recognises the error by these words
      throw new BrokerError(
        "entity-not-found",
        `The messaging entity '${kind.uri(name)}' could not be found: there is no such ${kind.noun}.`,
      );
    }
    return kept;
  };
  return {
    get: (name) => {
      const kept = kind.kept.get(nameKey(name));
      return kept === undefined ? null : kind.describe(kept);
    },
    list: () =>
      [...kind.kept.entries()]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([, kept]) => kind.describe(kept)),
    create: (config) => {
      const key = nameKey(config.name);
      if (kind.kept.has(key)) {
        throw new BrokerError(
          "entity-exists",
          `The messaging entity '${kind.uri(config.name)}' already exists.`,
        );
      }
      const kept = kind.create(config);
      kind.kept.set(key, kept);
      return kind.describe(kept);
    },
    update: (config) => {
      kind.update(find(config.name), config);
      return kind.describe(find(config.name));
    },
    delete: (name) => {
      kind.remove(find(name));
      kind.kept.delete(nameKey(name));
    },
  };
}

/** Names are compared without regard to case. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}
