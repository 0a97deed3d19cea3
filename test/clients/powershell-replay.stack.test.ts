import { afterAll, beforeAll, expect, test } from "vitest";
import { DOORS, groupsPackage, usePartnerWorld } from "./partner-world.ts";
import {
  exportDmfPackage,
  getDmfMessageStatus,
  getToken,
  importDmfPackage,
  invokeDmfInit,
  type PowerShellClient,
} from "./powershell/client.ts";
import { dotNetWire, type Wire } from "./ris/wire.ts";

const world = usePartnerWorld();
let wire: Wire;

beforeAll(() => {
  wire = dotNetWire();
});

afterAll(() => {
  wire.close();
});

async function powerShell(): Promise<PowerShellClient> {
  const { file } = world.local.stack;
  const token = await getToken(wire, {
    endpoint: file.tokenEndpoint.v1,
    resource: file.audience,
    client: file.clients["partner-a"],
  });
  return { wire, url: file.app, token, rewrite: world.rewrite };
}

test("Import-D365DmfPackage and Get-D365DmfMessageStatus: a package is processed, asked for in single quotes", async () => {
  const client = await powerShell();
  const content = await groupsPackage("id,name\r\nps1,PowerShell\r\n");

  const messageId = await importDmfPackage(client, {
    jobId: `{${DOORS.packages.toUpperCase()}}`,
    content,
  });
  const status = await getDmfMessageStatus(client, messageId);

  expect(status).toBe("Processed");
  const { rows } = await world.database.query("select name from public.groups where id = 'ps1'");
  expect(rows).toEqual([{ name: "PowerShell" }]);
});

test("Get-D365DmfMessageStatus: a package that is none ends in an error that it waits for", async () => {
  const client = await powerShell();
  const archive = await groupsPackage("other,columns\r\n1,2\r\n");

  const messageId = await importDmfPackage(client, { jobId: DOORS.packages, content: archive });

  expect(await getDmfMessageStatus(client, messageId)).toMatch(
    /^(?:PreProcessingError|PostProcessingFailed)$/,
  );
});

test("Export-D365DmfPackage: one file is dequeued, fetched byte for byte, and acknowledged with the answer's own text", async () => {
  const client = await powerShell();
  const published = await world.publish("ps");

  const file = await exportDmfPackage(client, `{${DOORS.pull.toUpperCase()}}`);

  expect(file?.equals(published)).toBe(true);
  expect(await exportDmfPackage(client, DOORS.pull)).toBeNull();
});

test("Invoke-D365DmfInit succeeds", async () => {
  await expect(invokeDmfInit(await powerShell())).resolves.toBeUndefined();
});
