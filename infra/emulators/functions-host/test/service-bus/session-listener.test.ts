import type { ServiceBusClient, ServiceBusReceivedMessage } from "@azure/service-bus";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hostLog } from "../../src/log.ts";
import type { MessagePorts, MessageSource } from "../../src/service-bus/message-handler.ts";
import { sessionListener } from "../../src/service-bus/session-listener.ts";

const LOCK_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

interface Fake {
  readonly listener: ReturnType<typeof sessionListener>;
  readonly renewedAtMs: readonly number[];
  /** When each message was handed out. */
  readonly handledAtMs: readonly number[];
}

/** A listener with one session, whose messages take so long each. */
function listenerOf(tookMs: readonly number[], maxRenewalMs: number): Fake {
  const renewedAtMs: number[] = [];
  const handledAtMs: number[] = [];
  const messages = tookMs.map(
    (_, index) =>
      ({ body: Buffer.from("{}"), messageId: String(index) }) as ServiceBusReceivedMessage,
  );
  const sessions = [
    {
      sessionId: "s",
      sessionLockedUntilUtc: new Date(LOCK_MS),
      renewSessionLock: () => {
        renewedAtMs.push(Date.now());
        return Promise.resolve(new Date(Date.now() + LOCK_MS));
      },
      receiveMessages: () => Promise.resolve(messages.splice(0, 1)),
      completeMessage: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
  ];
  const ports = {
    client: {
      acceptNextSession: () =>
        sessions.length > 0 ? Promise.resolve(sessions.pop()) : new Promise(() => undefined),
    } as unknown as ServiceBusClient,
    log: hostLog(() => undefined),
    invoke: () => {
      const ms = tookMs[handledAtMs.length];
      handledAtMs.push(Date.now());
      return new Promise((resolve) => setTimeout(resolve, ms));
    },
  } as unknown as MessagePorts;
  const source = {
    target: { name: "runs", trigger: { name: "message" } },
    entity: { name: "runs", subscription: undefined },
    options: {
      maxConcurrentSessions: 1,
      maxAutoLockRenewalDuration: maxRenewalMs,
      sessionIdleTimeout: 5_000,
    },
  } as unknown as MessageSource;
  return { listener: sessionListener(ports, source), renewedAtMs, handledAtMs };
}

test("a session stays locked as long as a message of it is worked on, and no longer", async () => {
  const { listener, renewedAtMs } = listenerOf([100_000], 600_000);
  await listener.start();

  await vi.advanceTimersByTimeAsync(400_000);
  await listener.stop();

  expect(renewedAtMs).toEqual([30_000, 60_000, 90_000]);
});

test("the time for which a session's lock is renewed counts from accepting it, over all its messages", async () => {
  const { listener, renewedAtMs, handledAtMs } = listenerOf([100_000, 100_000], 150_000);
  await listener.start();

  await vi.advanceTimersByTimeAsync(400_000);
  await listener.stop();

  expect(handledAtMs).toEqual([0, 100_000]);
  // the second message is worked on until 200 s, without a lock from 150 s on
  expect(renewedAtMs.at(-1)).toBe(90_000);
});
