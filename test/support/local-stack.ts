import { afterAll, beforeAll } from "vitest";
import { ANY_PORTS, type Stack, type StackOptions, startStack } from "../../infra/local/stack.ts";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import { useConformanceRecord } from "./conformance-record.ts";

export interface LocalStack {
  readonly stack: Stack;
  /** Everything that the app wrote, for tests that look for what must not be there. */
  readonly lines: readonly string[];
  /** Calls the app as one of the clients; the answer's body is read already. */
  call(client: ClientName, request: Call): Promise<Answer>;
  /** Puts a definition as the operator. @throws Error with the problem when it is refused */
  define(path: string, body: unknown): Promise<void>;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
  json(): any;
}

/**
 * Starts a whole local cloud with the app for the tests of one file, and ends it after them. Whatever the app answers
 * meanwhile, to whomever, is held to the API's document: a deviation fails the test during which it is seen.
 */
export function useLocalStack(options: Partial<StackOptions> = {}): LocalStack {
  const state: { stack?: Stack } = {};
  const lines: string[] = [];
  const recording = useConformanceRecord();
  const tokens = new Map<ClientName, Promise<string>>();

  beforeAll(async () => {
    state.stack = await startStack({
      ports: ANY_PORTS,
      shop: false,
      demo: false,
      appIsMade: true,
      onLine: (line) => void lines.push(line),
      ...options,
      settings: (cloud) => ({ ...options.settings?.(cloud), ...recording() }),
    });
  });

  afterAll(async () => {
    await state.stack?.stop();
  });

  const running = (): Stack => {
    if (state.stack === undefined) {
      throw new Error("the stack is not started");
    }
    return state.stack;
  };
  const tokenOf = (client: ClientName): Promise<string> => {
    const token = tokens.get(client) ?? running().token(client);
    tokens.set(client, token);
    return token;
  };
  const call = async (client: ClientName, request: Call): Promise<Answer> => {
    const response = await fetch(new URL(request.path, running().file.app), {
      method: request.method ?? "GET",
      headers: { authorization: `Bearer ${await tokenOf(client)}`, ...request.headers },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      json: () => JSON.parse(bytes.toString("utf8")),
    };
  };
  return {
    get stack() {
      return running();
    },
    lines,
    call,
    define: async (path, body) => {
      const { status, bytes } = await call("operator", {
        method: "PUT",
        path: `/api/definitions/${path}`,
        body,
      });
      if (status >= 300) {
        throw new Error(`${path}: ${status} ${bytes}`);
      }
    },
  };
}

/** Asks again and again until there is an answer; a test's own time limit ends it. */
export async function eventually<Result>(ask: () => Promise<Result | null>): Promise<Result> {
  for (;;) {
    const result = await ask();
    if (result !== null) {
      return result;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
