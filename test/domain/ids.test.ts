import { expect, test } from "vitest";
import { SubscriptionDefinition } from "../../src/domain/definitions/definitions.ts";
import { FileType } from "../../src/domain/ids.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { exportBody, subscriptionBody } from "../support/definition-bodies.ts";

/** File types whose containers the app or the platform uses otherwise, in any spelling. */
const RESERVED = ["Import.Errors", "IMPORT.errors", "Azure.Webjobs.Hosts", "azure.webjobs.secrets"];

test.each(RESERVED)("a file type %s is refused wherever one is named", (fileType) => {
  const refused = [
    FileType.safeParse(fileType),
    DEFINITION_SCHEMAS.kinds.exports.safeParse(exportBody({ fileType })),
    SubscriptionDefinition.safeParse(subscriptionBody({ fileTypes: [fileType] })),
  ];

  expect(refused.map(({ success }) => success)).toEqual([false, false, false]);
});

test("a file type that only looks alike is taken", () => {
  expect(FileType.safeParse("Import.Error").success).toBe(true);
  expect(FileType.safeParse("ImportErrors.All").success).toBe(true);
});
