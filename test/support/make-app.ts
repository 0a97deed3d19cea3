import { LOCAL_PACKAGE, makePackage } from "../../infra/package.ts";

/** Makes the app once for all files that start it. */
export async function setup(): Promise<void> {
  await makePackage(LOCAL_PACKAGE);
}
