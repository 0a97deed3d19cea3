import { EventEmitter } from "node:events";
import { expect, test, vi } from "vitest";
import {
  type Forwarded,
  forwardedRequests,
} from "../../../src/functions/http/forwarded-requests.ts";

const PATIENCE = { requestMs: 40, invocationMs: 60 };
const ID = "5b3c6c43-1d8f-4a1c-9d55-0f2f6d2f3a10";

function aRequest(): Forwarded & { response: EventEmitter } {
  return { request: {}, response: new EventEmitter() } as unknown as Forwarded & {
    response: EventEmitter;
  };
}

test("a request and its invocation find each other, whichever comes first", async () => {
  const requests = forwardedRequests(PATIENCE);
  const [first, second] = [aRequest(), aRequest()];
  const refuse = vi.fn();

  requests.arrive(ID, first, refuse);
  expect(await requests.claim(ID)).toBe(first);
  const claimed = requests.claim(ID);
  requests.arrive(ID, second, refuse);

  expect(await claimed).toBe(second);
  expect(refuse).not.toHaveBeenCalled();
});

test("a request that no invocation asks for is refused, and is not there any more", async () => {
  const requests = forwardedRequests(PATIENCE);

  await new Promise<void>((resolve) => requests.arrive(ID, aRequest(), resolve));

  await expect(requests.claim(ID)).rejects.toThrow("has forwarded no request for it within 0.06 s");
});

test("a request that comes after its invocation has given up is refused", async () => {
  const requests = forwardedRequests(PATIENCE);
  await expect(requests.claim(ID)).rejects.toThrow("Cannot begin the invocation");

  await new Promise<void>((resolve) => requests.arrive(ID, aRequest(), resolve));
});

test("a second request under the same id is refused at once, and the first one stays", async () => {
  const requests = forwardedRequests(PATIENCE);
  const first = aRequest();
  const refuse = vi.fn();
  requests.arrive(ID, first, vi.fn());
  requests.arrive(ID, aRequest(), refuse);

  expect(refuse).toHaveBeenCalledTimes(1);
  expect(await requests.claim(ID)).toBe(first);
});

test("a request whose client goes away is forgotten, and nobody is refused", async () => {
  const requests = forwardedRequests(PATIENCE);
  const gone = aRequest();
  const refuse = vi.fn();
  requests.arrive(ID, gone, refuse);
  gone.response.emit("close");

  await expect(requests.claim(ID)).rejects.toThrow("Cannot begin the invocation");
  expect(refuse).not.toHaveBeenCalled();
});
