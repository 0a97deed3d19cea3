import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { StackFile } from "./stack-file.ts";
import type { ClientName } from "./token-issuer-clients.ts";

/**
 * Runs a Node program with the settings of a client in its environment, as `examples/README.md` lists them.
 *
 * @param settings more of them: `NAME=value`
 * @returns the program's exit code
 */
export async function runProgram(
  { client, stack }: { readonly client: ClientName; readonly stack: StackFile },
  program: string,
  settings: readonly string[],
): Promise<number> {
  const { id, secret } = stack.clients[client];
  const child = spawn(process.execPath, [program], {
    stdio: "inherit",
    env: {
      // biome-ignore lint/style/noProcessEnv: as a shell does, the program gets the machine's settings and some more
      ...process.env,
      WAYBILL: stack.app,
      TOKENS: stack.tokenEndpoint.v2,
      API: stack.audience,
      CLIENT: id,
      SECRET: secret,
      WEBHOOK_PORT: String(stack.demo.webhook.port),
      WEBHOOK_SECRET: stack.demo.webhook.secret,
      ...(stack.certificateFile === null ? {} : { NODE_EXTRA_CA_CERTS: stack.certificateFile }),
      ...Object.fromEntries(settings.map((setting) => setting.split(/=(.*)/s, 2))),
    },
  });
  // a terminal ends both; whoever ends this one alone ends the program too
  process.once("SIGTERM", () => child.kill());
  const [code] = await once(child, "exit");
  return code ?? 1;
}
