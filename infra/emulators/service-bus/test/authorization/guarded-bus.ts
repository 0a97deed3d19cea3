import { once } from "node:events";
import type { Connection } from "rhea";
import { onTestFinished } from "vitest";
import type { AuthorizationOptions } from "../../src/authorization/authorizer.ts";
import type { AuthorizationRule } from "../../src/broker/types.ts";
import { manualClock } from "../../src/clock.ts";
import { startServiceBus } from "../../src/server.ts";
import { aNamespaceConfig, aQueue, aRight, aSubscription, aTopic } from "../builders.ts";
import { connectWith, putToken } from "../raw-client.ts";
import { sas } from "../sas.ts";

export const ROOT = aRight("root", ["Manage", "Send", "Listen"]);
export const SEND = aRight("send", ["Send"]);
export const LISTEN = aRight("listen", ["Listen"]);

/** A namespace with a rule of its own, and a queue and a topic with theirs; the test moves the clock of tokens. */
export async function startGuarded(over: AuthorizationOptions = {}) {
  const clock = manualClock(Math.floor(Date.now() / 1000) * 1000);
  const rules = { authorizationRules: [SEND, LISTEN] };
  const config = aNamespaceConfig({
    authorizationRules: [ROOT],
    queues: [
      aQueue("orders", rules),
      aQueue("secret"),
      aQueue("talks", { ...rules, requiresSession: true }),
    ],
    topics: [
      aTopic("files", { ...rules, subscriptions: [aSubscription("a"), aSubscription("b")] }),
      aTopic("others", { subscriptions: [aSubscription("a")] }),
    ],
  });
  const server = await startServiceBus({ config, authorization: { clock, ...over } });
  onTestFinished(server.stop);
  const uri = (path: string) => `sb://localhost:${server.port}/${path}`;
  /** Good for so many seconds of the test's clock. */
  const token = (path: string, rule: AuthorizationRule, seconds = 3600) =>
    sas(uri(path), rule, Math.floor(clock.now() / 1000) + seconds);
  const anonymous = async () => {
    const connection = connectWith(server, {});
    await once(connection, "connection_open");
    return connection;
  };
  return { server, clock, uri, token, anonymous };
}

export type GuardedBus = Awaited<ReturnType<typeof startGuarded>>;

/** Puts a token of the rule for the entity that is good for so many seconds. */
export function permit(
  bus: GuardedBus,
  connection: Connection,
  given: { readonly path: string; readonly rule: AuthorizationRule; readonly seconds?: number },
) {
  const { path, rule, seconds } = given;
  return putToken(connection, bus.uri(path), { token: bus.token(path, rule, seconds) });
}
