import { insertStage, STAGE, stageColumn, type WritePlan } from "./insert.ts";
import { READ_REFUSED, writeEach } from "./write-each.ts";

/**
 * The statements that write one batch.
 *
 * A batch goes by COPY into a temporary table of texts, which takes whatever a row holds, and from there into the
 * table: at first all rows in one statement (`writeAll`). When that fails for a reason that a row may have, groups of
 * rows are tried, and of a group that fails each row (`writeEach`), all in one round trip and in linear time: the good
 * ones stay, the bad ones are listed.
 *
 * Several rows of one key in a batch: a statement for many writes the last one, and does not hold the others against
 * the table's constraints; row by row all are written in their order. So the last one that can be written wins.
 */
export interface Statements {
  readonly createStage: string;
  readonly emptyStage: string;
  readonly copy: string;
  readonly writeAll: string;
  readonly writeEach: string;
  readonly readRefused: string;
}

export function writeStatements(plan: WritePlan): Statements {
  const cells = plan.columns.map((_, index) => stageColumn(index));
  return {
    createStage: `create temporary table waybill_rows (
      n integer, ${cells.map((cell) => `${cell} text`).join(", ")}) on commit drop`,
    emptyStage: `truncate ${STAGE}`,
    copy: `copy ${STAGE} from stdin`,
    writeAll: insertStage(plan),
    writeEach: writeEach(plan),
    readRefused: READ_REFUSED,
  };
}
