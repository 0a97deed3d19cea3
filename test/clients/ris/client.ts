import type { Wire, WireAnswer } from "./wire.ts";

/**
 * The six jobs of Microsoft's Recurring Integrations Scheduler, and the two forms of its connection check, request by
 * request: same order, same headers, same quirks. Each throws where the real job would fail.
 *
 * @see https://github.com/microsoft/Recurring-Integrations-Scheduler
 */
export interface RisClient {
  readonly wire: Wire;
  /** The user's input for the server, perhaps with a path. */
  readonly aosUri: string;
  readonly token: string;
  /** Host and scheme that the client would talk to after its rewriting; replaces them by where the server really is. */
  rewrite(url: string): string;
}

export const ACTIONS = "data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.";
export const MAX_TRIES = 100;

export function authorization({ token }: RisClient): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

export function get(client: RisClient, path: string): Promise<WireAnswer> {
  const url = path.startsWith("http") ? path : `${client.aosUri}/${path}`;
  return client.wire.send({ method: "GET", url, headers: authorization(client) });
}

export function postJson(client: RisClient, path: string, body: unknown): Promise<WireAnswer> {
  return client.wire.send({
    method: "POST",
    url: `${client.aosUri}/${path}`,
    headers: {
      Accept: "application/json",
      ...authorization(client),
      "Content-Type": "application/json; charset=utf-8",
    },
    body: JSON.stringify(body),
  });
}

/** `response.EnsureSuccessStatusCode()`. */
export function requireSuccess(answer: WireAnswer): WireAnswer {
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`Response status code does not indicate success: ${answer.status}`);
  }
  return answer;
}

/** `json["value"].ToString()` of an action's answer. */
export async function action(client: RisClient, name: string, body: unknown): Promise<string> {
  const answer = requireSuccess(await postJson(client, ACTIONS + name, body));
  return String((JSON.parse(answer.text) as { value: unknown }).value);
}

/** Asks again and again, as often as the real jobs do. */
export async function pollUntil(
  ask: () => Promise<string>,
  isEnd: (answer: string) => boolean,
): Promise<string> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const answer = await ask();
    if (isEnd(answer)) {
      return answer;
    }
    await pause();
  }
  throw new Error(`no end after ${MAX_TRIES} tries`);
}

/** The real one waits for seconds. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}
