import fc from "fast-check";
import {
  COMPARISON_OPERATORS,
  type FilterExpression,
  type Literal,
  TEXT_FUNCTIONS,
} from "../../../src/domain/filters/filter-expression.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import { aFile } from "../../support/file.ts";
import { filtersOf } from "./arbitrary-filter.ts";

const TEXTS = ["", "Items", "items", "it%_~s", "100%", "it's", "full", "gzip", "größe"] as const;
const text = fc.constantFrom(...TEXTS);
const number = fc.constantFrom(
  ...["0", "1", "2", "-1", "1.5", "-0.5", "2.000000000000000000001", "99999999999999999999", "-1e"],
);

const textLiteral = text.map((value): Literal => ({ type: "string", value }));
const numberLiteral = number.map(
  (value): Literal => ({ type: "number", value: value.replace("-1e", "-99999999999999999999") }),
);
const nothing = fc.constant<Literal>({ type: "null" });

const textNames = fc.constantFrom(
  ...["entity", "mode", "contentEncoding", "from", "to", "blobType", "correlationId"],
);
const numberNames = fc.constantFrom("records", "bytes", "sequence");

/** Filters on events that a topic can express. */
export const topicFilters: fc.Arbitrary<FilterExpression> = filtersOf(
  fc.oneof(
    fc.record({
      kind: fc.constant("compare" as const),
      name: textNames,
      operator: fc.constantFrom("eq" as const, "ne" as const),
      literal: fc.oneof(textLiteral, nothing),
    }),
    fc.record({
      kind: fc.constant("compare" as const),
      name: numberNames,
      operator: fc.constantFrom(...COMPARISON_OPERATORS),
      literal: numberLiteral,
    }),
    fc.record({
      kind: fc.constant("in" as const),
      name: textNames,
      literals: fc.array(fc.oneof(textLiteral, nothing), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("in" as const),
      name: numberNames,
      literals: fc.array(fc.oneof(numberLiteral, nothing), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("text" as const),
      function: fc.constantFrom(...TEXT_FUNCTIONS),
      name: textNames,
      text,
    }),
  ),
);

/** Published files that differ in whatever filters ask for. */
export const entries: fc.Arbitrary<LedgerEntry> = fc
  .record({
    fileType: fc.constantFrom("Shop.Items", "Shop.Prices", "Other.Things", "Shopping.Items"),
    sequence: fc.constantFrom(1, 2, 2 ** 40, Number.MAX_SAFE_INTEGER),
    entity: text,
    records: fc.constantFrom(0, 1, 2),
    bytes: fc.nat(3),
    mode: fc.constantFrom("full" as const, "incremental" as const),
    contentEncoding: fc.constantFrom("gzip" as const, null),
    window: fc.record({
      from: fc.option(text, { nil: null }),
      to: fc.option(text, { nil: null }),
    }),
  })
  .map((facts) => ({ ...aFile(facts), originId: "x", nextCursor: null, deletedAt: null }));
