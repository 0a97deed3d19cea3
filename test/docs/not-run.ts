import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { z } from "zod";
import { readConnections } from "../../src/connection-settings.ts";
import { webhookBody } from "../../src/domain/deliveries/webhook/webhook-body.ts";
import { FileAvailableEvent } from "../../src/domain/ledger/file-available.ts";
import { TEMPORARY_ENDPOINT_DOORS } from "../../src/functions/temporary-endpoints.http.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { webhookFacts } from "../domain/deliveries/webhook/webhook-facts.ts";
import { newSecret } from "../support/webhook-connection.ts";
import type { Block } from "./document-blocks.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A block that cannot be run, and the check that replaces the run. */
export interface NotRun {
  readonly document: string;
  readonly kind: string;
  /** How its text begins, so that another block does not slip in. */
  readonly begins: string;
  readonly why: string;
  /** @throws Error when it is not even well formed */
  readonly check: (block: Block) => void;
}

const AZURE = "needs Azure, its command line and somebody's rights there";

/** All blocks of README and docs that no test runs. Every other block is run. */
export const NOT_RUN: readonly NotRun[] = [
  drawing("README.md", " PostgreSQL ─┐"),
  {
    ...{ document: "README.md", kind: "sh", begins: "npm ci && npm start " },
    why: "installs what runs this test, starts what it has started, and would run it anew",
    check: (block) => {
      isShell(block);
      hasScripts(block);
    },
  },
  {
    ...{ document: "README.md", kind: "json", begins: '{ "blobType": "Shop.ItemChanges"' },
    why: "is what a subscriber receives, not what anybody sends",
    check: ({ text }) => void FileAvailableEvent.strict().parse(JSON.parse(text)),
  },
  {
    ...{ document: "README.md", kind: "sh", begins: "npm run -s as partner-a run examples/" },
    why: "runs until it is ended; example-programs.stack.test.ts runs it",
    check: isShell,
  },
  {
    ...{ document: "docs/subscribe.md", kind: "json", begins: '{ "subscriptions"' },
    why: "is an answer with secrets, not what anybody sends",
    check: isTemporaryEndpoint,
  },
  {
    ...{ document: "README.md", kind: "json", begins: '{ "kind": "blob", "connection"' },
    why: "is the source of an export, which needs a connection to a storage account",
    check: ({ text }) => isSource(text),
  },
  ...[
    "ROLE=$(uuidgen)",
    "OPERATOR=<client id",
    "azd auth login",
    "az deployment sub create",
    'az role assignment create --role "Key Vault Secrets Officer"',
    "az rest --method POST --url",
    'az role assignment create --role "Storage Blob Data Reader"',
    "azd down --purge",
  ].map((begins) => azure(begins)),
  {
    ...{ document: "docs/deploy.md", kind: "sh", begins: "WAYBILL=https://" },
    why: "says where the reader's own deployment is; the test says where its own is",
    check: isShell,
  },
  {
    ...{ document: "docs/deploy.md", kind: "json", begins: '{\n  "kind": "http"' },
    why: "is the secret of a connection",
    check: ({ text }) => isConnection(text),
  },
  {
    ...{ document: "docs/deploy.md", kind: "json", begins: '{ "name": "acme-prices"' },
    why: "is a parameter of the deployment",
    check: ({ text }) => isPartner(text),
  },
  {
    ...{ document: "docs/webhooks.md", kind: "json", begins: '{ "BusinessEventId"' },
    why: "is what a receiver gets, not what anybody sends",
    check: isBusinessEvent,
  },
  {
    ...{ document: "docs/webhooks.md", kind: "json", begins: '{ "kind": "webhook"' },
    why: "is the secret of a connection",
    check: ({ text }) => isConnection(text.replace("whsec_...", newSecret())),
  },
  kusto("traces\n| extend line = parse_json(message)\n| where tostring(line.invocationId)"),
  kusto("traces\n| extend line = parse_json(message)\n| where tostring(line.submissionId)"),
  kusto("traces\n| extend line = parse_json(message)\n| where tostring(line.applicationId)"),
  {
    ...{ document: "docs/from-dynamics.md", kind: "powershell" },
    begins: "Invoke-D365ODataEntityAction",
    why: "needs PowerShell and a module of its gallery",
    check: isCommandThatWorks,
  },
];

function azure(begins: string): NotRun {
  const check = (block: Block): void => {
    isShell(block);
    namesWhatBicepHas(block);
  };
  return { document: "docs/deploy.md", kind: "sh", begins, why: AZURE, check };
}

function drawing(document: string, begins: string): NotRun {
  return { document, kind: "", begins, why: "is a drawing", check: () => undefined };
}

function kusto(begins: string): NotRun {
  const why = "needs Application Insights";
  return { document: "docs/operate.md", kind: "kusto", begins, why, check: asksForLoggedMembers };
}

/** `<...>` stands for a word of the reader's. */
function isShell({ text }: Block): void {
  const filled = text.replaceAll(/<[^<>\n]+>/g, "word");
  execFileSync("bash", ["-n"], { input: filled, stdio: ["pipe", "pipe", "pipe"] });
}

function isTemporaryEndpoint({ text }: Block): void {
  const [door] = TEMPORARY_ENDPOINT_DOORS;
  const { json } = z.object({ json: z.instanceof(z.ZodType) }).parse(door?.answers[200]);
  // a member that the schema does not name would be left out
  expect(json.parse(JSON.parse(text))).toEqual(JSON.parse(text));
}

function hasScripts({ text }: Block): void {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: object };
  for (const [, run, other] of text.matchAll(/npm (?:run ([\w:-]+)|(start|test))/g)) {
    requireIn(Object.keys(scripts), run ?? other ?? "");
  }
}

/** Names of outputs and settings of the deployment, and of its parameters. */
function namesWhatBicepHas({ text }: Block): void {
  const bicep = read("infra/main.bicep");
  const outputs = [...bicep.matchAll(/^output (\w+)/gm)].map(([, name = ""]) => name);
  const settings = [...read("infra/main.parameters.json").matchAll(/\$\{(\w+)\}/g)];
  const known = [...outputs, ...settings.map(([, name = ""]) => name)];
  for (const [name] of text.matchAll(/WAYBILL_\w+/g)) {
    requireIn(known, name);
  }
  const parameters = [...bicep.matchAll(/^param (\w+)/gm)].map(([, name = ""]) => name);
  const [, given = ""] = /--parameters ([\s\S]*?)\n(?! )/.exec(`${text}\n`) ?? [];
  for (const [, name = ""] of given.matchAll(/(\w+)=/g)) {
    requireIn(parameters, name);
  }
}

function isSource(text: string): void {
  DEFINITION_SCHEMAS.kinds.exports.parse({
    fileType: "Shop.Prices",
    entities: [{ name: "Prices", source: JSON.parse(text) }],
    format: { kind: "jsonl" },
  });
}

/** The same members in the same order, and the same values where they are shown. */
function isBusinessEvent({ text }: Block): void {
  const shown = Object.entries(JSON.parse(text));
  const sent = JSON.parse(webhookBody("business-event", webhookFacts()).bytes.toString());
  const others = shown.filter(
    ([name, value]) => !`${value}`.includes("...") && !isDeepStrictEqual(value, sent[name]),
  );
  if (others.length > 0 || `${shown.map(([name]) => name)}` !== `${Object.keys(sent)}`) {
    throw new Error(`not what is sent: ${others.map(([name]) => name)}; ${Object.keys(sent)}`);
  }
}

function isConnection(text: string): void {
  const filled = text.replaceAll(/<[^<>\n]+>/g, "word");
  const { connectionProblems } = readConnections(new Map([["CONNECTION_X", filled]]));
  if (connectionProblems.length > 0) {
    throw new Error(connectionProblems.join("\n"));
  }
}

function isPartner(text: string): void {
  const [, type = ""] =
    /type partner = \{([\s\S]*?)^\}/m.exec(read("infra/modules/types.bicep")) ?? [];
  const members = [...type.matchAll(/^ {2}(\w+): /gm)].map(([, name = ""]) => name);
  for (const name of Object.keys(JSON.parse(text) as object)) {
    requireIn(members, name);
  }
}

/** The table at the head of the document says which members a line has. */
function asksForLoggedMembers({ text }: Block): void {
  const [, table = ""] = /^\| member \|[^\n]*\n([\s\S]*?)\n\n/m.exec(read("docs/operate.md")) ?? [];
  const members = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  const [first, ...steps] = text.split("\n");
  if (first !== "traces" || steps.some((step) => !step.startsWith("| "))) {
    throw new Error("a query of the table traces is expected, with a step on each line");
  }
  for (const [, name = ""] of text.matchAll(/\bline\.(\w+)/g)) {
    requireIn(members, name);
  }
}

/** The document's own table says which commands work. */
function isCommandThatWorks({ text, document }: Block): void {
  const works = [...read(document).matchAll(/^\| (`[^|]*`) \| [^|]* \| (?:yes|with)/gm)];
  const commands = works.flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name),
  );
  for (const line of text.split("\n")) {
    requireIn(commands, line.split(" ")[0] ?? "");
  }
}

function requireIn(known: readonly string[], name: string): void {
  if (!known.includes(name)) {
    throw new Error(`there is no "${name}"; there are ${known.join(", ")}`);
  }
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
