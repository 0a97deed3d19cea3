import pg from "pg";
import {
  isWritable,
  planShape,
  type ShapePlan,
  STAGE,
  stageColumn,
  stageStatements,
  type WritePlan,
} from "./insert.ts";
import { READ_REFUSED, refuseMixedKeys, writeEach } from "./write-each.ts";

/**
 * The statements that write one batch.
 *
 * A batch goes by COPY into a temporary table of texts, which can hold any row, and from there into the table. First
 * all rows are written together, with one statement for the rows that mention the same columns (`writeAll`). If that
 * fails for a reason that a row may have, groups of rows are tried, and in a failed group each row (`writeEach`). This
 * takes one round trip and linear time. Good rows stay, bad rows are listed.
 *
 * A batch may have several rows of one key. A statement for many rows writes the last one, and does not check the
 * others against the table's constraints. Row by row, all are written in their order. So the last row that can be
 * written wins. Where rows of one key mention different columns, they are written row by row.
 */
export interface Statements {
  readonly createStage: string;
  readonly emptyStage: string;
  readonly copy: string;
  readonly readRefused: string;
  /** Statement for rows that mention every column. */
  readonly rehearsal: string;
  /** @param shapes columns that the rows mention, by the rows' `g` */
  write(shapes: readonly (readonly boolean[])[]): ShapeStatements;
}

export interface ShapeStatements {
  readonly writeAll: string;
  readonly writeEach: string;
}

/** Files have few shapes, mostly one. */
const MAX_KEPT = 20;

export function writeStatements(plan: WritePlan): Statements {
  const cells = plan.columns.map((_, index) => stageColumn(index));
  const kept = new Map<string, ShapeStatements>();
  return {
    createStage: `create temporary table waybill_rows (
      n integer, g integer, ${cells.map((cell) => `${cell} text`).join(", ")}) on commit drop`,
    emptyStage: `truncate ${STAGE}`,
    copy: `copy ${STAGE} from stdin`,
    readRefused: READ_REFUSED,
    rehearsal: stageStatements(planShape(plan, Array(cells.length).fill(true), 0)).join(";"),
    write: (shapes) => {
      const key = JSON.stringify(shapes);
      const known = kept.get(key);
      if (known !== undefined) {
        return known;
      }
      const planned = shapes
        .map((mentions, id) => planShape(plan, mentions, id))
        .filter(isWritable);
      const statements = {
        writeAll: writeAll(plan, planned),
        writeEach: writeEach(plan, planned),
      };
      if (kept.size >= MAX_KEPT) {
        kept.clear();
      }
      kept.set(key, statements);
      return statements;
    },
  };
}

function writeAll(plan: WritePlan, shapes: readonly ShapePlan[]): string {
  const statements = shapes.flatMap((shape) => stageStatements(shape));
  if (plan.key === null || shapes.length <= 1) {
    return statements.join(";");
  }
  return `do ${pg.escapeLiteral(`
    begin
      ${refuseMixedKeys(plan)}
      ${statements.join(";\n")};
    end`)}`;
}
