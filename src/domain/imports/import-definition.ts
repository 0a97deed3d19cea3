import { z } from "zod";
import { Decompression } from "../../formats/decompression.ts";
import { RowImportFormat } from "../../formats/index.ts";
import { ImportFormat } from "../definitions/file-formats.ts";
import type { SystemSchemas } from "../definitions/system-definition.ts";
import { Companies, FileType } from "../ids.ts";
import { ImportColumn } from "./import-column.ts";

/** Containers that Waybill keeps for itself, or the platform does. */
const RESERVED_CONTAINER_REGEXP = /^(?:inbox|uploads|packages|import-errors|azure-webjobs-.*)$/;

/** Hands the file itself on, as it came, into a container of the same storage account. */
const BlobTarget = z.strictObject({
  kind: z
    .literal("blob")
    .describe(
      "Hands the file itself on, as it came, into a container of the same storage account.",
    ),
  container: z
    .string()
    .min(3)
    .max(63)
    .regex(
      /^[a-z0-9](?:-?[a-z0-9])*$/,
      "must be the name of a container: lower-case letters, digits and single hyphens",
    )
    .refine((name) => !RESERVED_CONTAINER_REGEXP.test(name), "must not be one of our own")
    .describe("Name of the container."),
  prefix: z
    .string()
    .max(200)
    .regex(
      /^(?:[A-Za-z0-9_-]+\/)*$/,
      'must be folders such as "in/items/", of letters, digits, hyphens and underscores',
    )
    .default("")
    .describe("Folders before the file's name, each with a slash behind it."),
});
export type BlobTarget = z.infer<typeof BlobTarget>;

/** Publishes the file itself, as it came, through the ledger, so that it reaches whoever subscribes to the type. */
const PublicationTarget = z.strictObject({
  kind: z
    .literal("publication")
    .describe("Publishes the file itself, as it came, for whoever subscribes to the file type."),
  fileType: FileType.describe("File type under which it is published."),
  mode: z
    .enum(["full", "incremental"])
    .default("incremental")
    .describe("What subscribers are to think of it: everything there is, or changes."),
});
export type PublicationTarget = z.infer<typeof PublicationTarget>;

/** Where an entity goes: its rows into a database or an API, or its file to somebody else. */
export function importTarget(targets: SystemSchemas["targets"]) {
  return z
    .discriminatedUnion("kind", [...targets, BlobTarget, PublicationTarget])
    .describe(
      "Where an entity goes: its rows into a database or an API, or its file to somebody else.",
    );
}
type ImportTarget = z.infer<ReturnType<typeof importTarget>>;

function importEntity(target: ReturnType<typeof importTarget>) {
  return z
    .strictObject({
      name: z
        .string()
        .min(1)
        .max(80)
        .regex(/^\P{Cc}+$/u, "must not hold control characters")
        .describe(
          "Name that partners know, e.g. `Customer groups`; compared without regard to case.",
        ),
      format: RowImportFormat.optional().describe("Where it differs from the import's."),
      columns: z
        .array(ImportColumn)
        .min(1)
        .max(1_000)
        .superRefine((columns, context) => {
          const names = columns.map(({ name }) => name);
          for (const [index, name] of names.entries()) {
            if (names.indexOf(name) !== index) {
              context.addIssue({
                code: "custom",
                path: [index, "name"],
                message: `must not use the name "${name}" twice`,
              });
            }
          }
        })
        .optional()
        .describe(
          "The entity's columns in the target, and what a row must be like to get there. May be left out where the file itself is handed on; then a blob is any file whatever, and a publication one that can be read.",
        ),
      target: target.describe("Where the rows, or the file, go."),
    })
    .refine(({ columns, target }) => columns !== undefined || takesFiles(target), {
      path: ["columns"],
      message: "must be there: rows are written by their columns",
    });
}
export type ImportEntity = z.infer<ReturnType<typeof importEntity>>;

/** Whether a target takes the file itself and not its rows. */
function takesFiles(target: ImportTarget): target is BlobTarget | PublicationTarget {
  return !("connection" in target);
}

/** What becomes of an entity when rows of it cannot be taken. */
const ErrorRules = z.strictObject({
  onRowErrors: z
    .enum(["continue", "stop"])
    .default("continue")
    .describe(
      "`continue`: the good rows are kept; `stop`: nothing of the entity is, and no row behind the first bad one is read.",
    ),
  maxErrorShare: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("With a greater share of bad rows than this, nothing of the entity is kept."),
  maxErrorsKept: z
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe(
      "So many errors of an import are kept as a list; the others are counted, and stand in the error file.",
    ),
});

/** How files that partners hand in become rows somewhere. */
export function importDefinition(target: ReturnType<typeof importTarget>) {
  return z
    .strictObject({
      description: z.string().max(1_000).optional().describe("For people."),
      format: ImportFormat.describe(
        "How the file is read; `package`: a zip with one file for each entity.",
      ),
      decompression: Decompression.default("auto").describe(
        "How the file's bytes are packed; `auto`: gzip when they start like gzip.",
      ),
      entities: z
        .array(importEntity(target))
        .min(1)
        .max(50)
        .describe(
          "In the order in which a package's entities are imported where its manifest leaves it open: what others refer to first.",
        ),
      companies: Companies.optional(),
      errors: ErrorRules.prefault({}).describe(
        "What becomes of an entity when rows of it cannot be taken.",
      ),
      validateOnly: z
        .boolean()
        .default(false)
        .describe("Checks all that an import would check, and keeps nothing."),
    })
    .superRefine(({ entities }, context) => {
      const names = entities.map(({ name }) => name.toLowerCase());
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) !== index) {
          context.addIssue({
            code: "custom",
            path: ["entities", index, "name"],
            message: "must not stand twice in one import",
          });
        }
      }
    })
    .describe("How files that partners hand in become rows somewhere.");
}
export type ImportDefinition = z.infer<ReturnType<typeof importDefinition>>;
