import type { ServiceBusClient, ServiceBusReceivedMessage } from "@azure/service-bus";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hostLog } from "../../../../../infra/local/functions-host/log.ts";
import type {
  MessagePorts,
  MessageSource,
} from "../../../../../infra/local/functions-host/service-bus/message-handler.ts";
import { sessionListener } from "../../../../../infra/local/functions-host/service-bus/session-listener.ts";

const LOCK_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

test("a session stays locked as long as a message of it is worked on, and no longer", async () => {
  const renewedAtMs: number[] = [];
  const messages = [{ body: Buffer.from("{}"), messageId: "1" } as ServiceBusReceivedMessage];
  const session = {
    sessionId: "s",
    sessionLockedUntilUtc: new Date(LOCK_MS),
    renewSessionLock: () => {
      renewedAtMs.push(Date.now());
      return Promise.resolve(new Date(Date.now() + LOCK_MS));
    },
    receiveMessages: () => Promise.resolve(messages.splice(0, 1)),
    completeMessage: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const sessions = [session];
  const work = Promise.withResolvers<void>();
  const ports = {
    client: {
      acceptNextSession: () =>
        sessions.length > 0 ? Promise.resolve(sessions.pop()) : new Promise(() => undefined),
    } as unknown as ServiceBusClient,
    log: hostLog(() => undefined),
    invoke: () => work.promise,
  } as unknown as MessagePorts;
  const source = {
    target: { name: "runs", trigger: { name: "message" } },
    entity: { name: "runs", subscription: undefined },
    options: {
      maxConcurrentSessions: 1,
      maxAutoLockRenewalDuration: 600_000,
      sessionIdleTimeout: 5_000,
    },
    autoComplete: true,
  } as unknown as MessageSource;
  const listener = sessionListener(ports, source);
  await listener.start();

  await vi.advanceTimersByTimeAsync(100_000);
  work.resolve();
  await vi.advanceTimersByTimeAsync(300_000);
  await listener.stop();

  expect(renewedAtMs).toEqual([30_000, 60_000, 90_000]);
});
