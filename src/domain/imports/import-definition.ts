import { z } from "zod";
import { Decompression } from "../../formats/decompression.ts";
import { RowImportFormat } from "../../formats/index.ts";
import { ImportFormat } from "../definitions/file-formats.ts";
import type { SystemSchemas } from "../definitions/system-definition.ts";
import { Companies, FileType } from "../ids.ts";
import { ImportColumn } from "./import-column.ts";

/** Containers of Waybill itself, or of the platform. */
const RESERVED_CONTAINER_REGEXP = /^(?:inbox|uploads|packages|import-errors|azure-webjobs-.*)$/;

/** Passes the file itself on, unchanged, into a container of the same storage account. */
const BlobTarget = z.strictObject({
  kind: z
    .literal("blob")
    .describe(
      "Passes the file itself on, unchanged, into a container of the same storage account.",
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
    .describe("Folders before the file's name, each followed by a slash."),
});
export type BlobTarget = z.infer<typeof BlobTarget>;

/** Publishes the file itself, unchanged, through the ledger, to all subscribers of the type. */
const PublicationTarget = z.strictObject({
  kind: z
    .literal("publication")
    .describe("Publishes the file itself, unchanged, for subscribers of the file type."),
  fileType: FileType.describe("File type of the publication."),
  mode: z
    .enum(["full", "incremental"])
    .default("incremental")
    .describe("Meaning of the file for subscribers: all rows, or changes."),
});
export type PublicationTarget = z.infer<typeof PublicationTarget>;

/** Target of an entity: a database or an API for its rows, or a receiver of its file. */
export function importTarget(targets: SystemSchemas["targets"]) {
  return z
    .discriminatedUnion("kind", [...targets, BlobTarget, PublicationTarget])
    .describe("Target of an entity: a database or an API for its rows, or a receiver of its file.");
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
        .describe("Name that partners know, e.g. `Customer groups`; case does not matter."),
      format: RowImportFormat.optional().describe("Set if it differs from the import's."),
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
          "The entity's columns in the target, and the checks of its rows. They may be left out if the file itself is passed on. Then a blob may be any file, and a publication any readable one.",
        ),
      target: target.describe("Target of the rows, or of the file."),
    })
    .refine(({ columns, target }) => columns !== undefined || takesFiles(target), {
      path: ["columns"],
      message: "must be set: rows are written by their columns",
    });
}
export type ImportEntity = z.infer<ReturnType<typeof importEntity>>;

/** Whether a target takes the file itself instead of its rows. */
function takesFiles(target: ImportTarget): target is BlobTarget | PublicationTarget {
  return !("connection" in target);
}

/** Treatment of an entity with bad rows. */
const ErrorRules = z.strictObject({
  onRowErrors: z
    .enum(["continue", "stop"])
    .default("continue")
    .describe(
      "`continue`: the good rows are stored; `stop`: nothing of the entity is stored, and no row after the first bad one is read.",
    ),
  maxErrorShare: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("With a greater share of bad rows than this, nothing of the entity is stored."),
  maxErrorsKept: z
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe(
      "Number of errors of an import that are kept as a list; the others are counted, and stand in the error file.",
    ),
});

/** Target and rules for files that partners send. */
export function importDefinition(target: ReturnType<typeof importTarget>) {
  return z
    .strictObject({
      description: z.string().max(1_000).optional().describe("For people."),
      format: ImportFormat.describe(
        "Format of the file; `package`: a zip with one file for each entity.",
      ),
      decompression: Decompression.default("auto").describe(
        "Compression of the file; `auto`: gzip if it starts like gzip.",
      ),
      entities: z
        .array(importEntity(target))
        .min(1)
        .max(50)
        .describe(
          "Entities in the order of a package's import, where its manifest leaves the order open: referenced entities first.",
        ),
      companies: Companies.optional(),
      errors: ErrorRules.prefault({}).describe("Treatment of an entity with bad rows."),
      validateOnly: z
        .boolean()
        .default(false)
        .describe("Does all checks of an import, and stores nothing."),
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
    .describe("Target and rules for files that partners send.");
}
export type ImportDefinition = z.infer<ReturnType<typeof importDefinition>>;
