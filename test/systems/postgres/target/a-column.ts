import type { TargetColumn } from "../../../../src/systems/postgres/target/target-table.ts";

/** A column that may be null. */
export function aColumn(name: string, typeId: number, modifier = -1): TargetColumn {
  return {
    name,
    notNull: false,
    fillsItself: false,
    isGenerated: false,
    isIdentityAlways: false,
    domain: null,
    type: {
      ...{ id: typeId, sql: "a type", bareSql: "a type", modifier },
      ...{ labels: [], element: null, isComposite: false },
    },
  };
}
