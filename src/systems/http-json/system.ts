import { openedBy, type System } from "../system.ts";
import { httpConnection } from "./connection.ts";
import { HttpJsonDefinition } from "./source/definition.ts";
import { httpJsonSource } from "./source/http-json-source.ts";
import { HttpJsonTargetDefinition } from "./target/definition.ts";
import { httpJsonTarget } from "./target/http-json-target.ts";

export const httpJson: System = {
  kind: "http-json",
  connection: httpConnection,
  source: openedBy(HttpJsonDefinition, httpJsonSource),
  target: openedBy(HttpJsonTargetDefinition, httpJsonTarget),
  close: async () => undefined,
};
