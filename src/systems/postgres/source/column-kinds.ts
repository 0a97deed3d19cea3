import { AppError } from "../../../domain/errors.ts";
import type { NumberBounds } from "../../../formats/rows.ts";
import { numberBounds } from "./bounds.ts";
import type { PostgresDefinition } from "./definition.ts";
import type { Field, ReadSession } from "./read-session.ts";
import {
  type ArrayType,
  type CellKind,
  cellKind,
  type Lost,
  NotRepresentable,
} from "./source-cells.ts";
import type { Statement } from "./statement.ts";

/** One column of a statement's rows. */
export interface NamedKind {
  readonly name: string;
  readonly typeId: number;
  readonly kind: CellKind;
  readonly bounds: NumberBounds | undefined;
}

/**
 * Finds the columns of a statement without running it.
 *
 * @throws AppError `source-invalid`
 */
export async function columnKinds(
  session: ReadSession,
  statement: Statement,
  { notRepresentable }: Pick<PostgresDefinition, "notRepresentable">,
): Promise<NamedKind[]> {
  const described = await session.describe(statement.text, statement.values);
  const own = Number(statement.marksVersions) + Number(statement.tellsPlaces);
  const fields = described.slice(0, described.length - own);
  const twice = fields.find(
    ({ name }, index) => fields.findIndex((f) => f.name === name) !== index,
  );
  if (twice !== undefined) {
    throw new AppError(
      "source-invalid",
      `Cannot read rows: column "${twice.name}" stands twice; rename one with AS`,
    );
  }
  const arrays = await arrayTypes(session, fields);
  const lost: Lost = notRepresentable === "null" ? () => null : refuse;
  return fields.map(({ name, typeId, modifier }) => ({
    name,
    typeId,
    kind: cellKind(typeId, arrays, lost),
    bounds: numberBounds(typeId, modifier),
  }));
}

function refuse(text: string): never {
  throw new NotRepresentable(text);
}

/**
 * A domain counts as the type beneath it. PostgreSQL resolves the domains of columns itself; this query resolves those
 * of elements.
 */
async function arrayTypes(
  session: ReadSession,
  fields: readonly Field[],
): Promise<Map<number, ArrayType>> {
  const types = await session.query<{ id: string; delimiter: string; element: string }>(
    `select a.oid::text as id, e.typdelim as delimiter,
       coalesce(nullif(e.typbasetype, 0), e.oid)::text as element
     from pg_type a join pg_type e on e.oid = a.typelem
     where a.oid = any($1::oid[]) and a.typinput = 'array_in'::regproc`,
    [[...new Set(fields.map(({ typeId }) => typeId))]],
  );
  return new Map(
    types.map(({ id, delimiter, element }) => [
      Number(id),
      { delimiter, elementTypeId: Number(element) },
    ]),
  );
}
