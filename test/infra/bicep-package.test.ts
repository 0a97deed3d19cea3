import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");

test(".funcignore ships the bundle and what the platform reads beside it, and nothing else", () => {
  const directory = mkdtempSync(join(tmpdir(), "waybill-package-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const shipped = ["dist/main.js", "dist/main.js.map", "host.json", "package.json"];
  const kept = [
    ".azure/prod/.env",
    ".env",
    "docs/deploy.md",
    "infra/main.bicep",
    "local.settings.json",
    "node_modules/zod/index.js",
    "node_modules/zod/dist/main.js",
    "partners.json",
    "src/host.json",
    "src/main.ts",
    "waybill.zip",
  ];
  for (const path of [...shipped, ...kept]) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), "");
  }
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: directory, encoding: "utf8" });
  git("init", "--quiet");
  copyFileSync(join(ROOT, ".funcignore"), join(directory, ".git", "funcignore"));

  const listed = git("ls-files", "--others", "--exclude-from=.git/funcignore");

  expect(listed.trim().split("\n").sort()).toEqual(shipped);
});
