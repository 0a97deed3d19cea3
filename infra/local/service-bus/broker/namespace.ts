import type { NamespaceAdmin } from "./types.ts";

/** All entities of the broker. */
export interface Namespace extends NamespaceAdmin {}
