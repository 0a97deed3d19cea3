/** `npm run package` */
import { rm } from "node:fs/promises";
import { makePackage, PACKAGE } from "./package.ts";

// no file of an earlier package may be deployed
await rm(PACKAGE, { recursive: true, force: true });
await makePackage(PACKAGE);
