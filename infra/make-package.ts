/** `npm run package` */
import { rm } from "node:fs/promises";
import { makePackage, PACKAGE } from "./package.ts";

// nothing of an earlier one may be deployed
await rm(PACKAGE, { recursive: true, force: true });
await makePackage(PACKAGE);
