import { setTimeout as delay } from "node:timers/promises";

/** Finding of a deployment's check; null: the app answers. */
export type Finding = string | null;

export interface CheckOptions {
  /** How long the app may take to answer after a deployment. */
  readonly patienceMs: number;
  readonly pauseMs: number;
  /** Number of correct answers in a row: an instance of the earlier version may answer for a moment. */
  readonly answers: number;
  /** Called with the finding of each attempt except the last. */
  readonly onWaiting: (finding: string) => void;
}

/** Long, because a request may wait for the start of an instance. */
const REQUEST_MS = 60_000;

/**
 * Asks a deployed app until it answers, or its time is over. A successful deployment does not prove that the app works:
 * a package without a program, and a program that registers no function, deploy without an error.
 *
 * @param url address of the app, e.g. `https://func-waybill.azurewebsites.net`
 */
export async function checkDeployment(url: string, options: CheckOptions): Promise<Finding> {
  const endsAtMs = performance.now() + options.patienceMs;
  for (let answers = 0; ; ) {
    const finding = (await checkHome(url)) ?? (await checkFunctions(url));
    answers = finding === null ? answers + 1 : 0;
    if (answers >= options.answers) {
      return null;
    }
    if (finding !== null) {
      if (performance.now() + options.pauseMs > endsAtMs) {
        return finding;
      }
      options.onWaiting(finding);
    }
    await delay(options.pauseMs);
  }
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The platform itself answers here when no function does. */
async function checkHome(url: string): Promise<Finding> {
  const reply = await ask(url, "/");
  if (typeof reply === "string") {
    return reply;
  }
  return reply.status === 200 && reply.json.name === "waybill" ? null : explain("/", reply);
}

async function checkFunctions(url: string): Promise<Finding> {
  const path = "/api/openapi.json";
  const reply = await ask(url, path);
  if (typeof reply === "string") {
    return reply;
  }
  const isDocument = typeof reply.json.openapi === "string";
  return reply.status === 200 && isDocument ? null : explain(path, reply);
}

async function ask(url: string, path: string): Promise<Reply | string> {
  try {
    const response = await fetch(new URL(path, url), {
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    const text = await response.text();
    return { status: response.status, text, json: objectIn(text) };
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    return `${url} cannot be reached: ${why}. Is the app there, and started?`;
  }
}

function objectIn(text: string): Reply["json"] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const LOG = "Application Insights has it in traces and exceptions";

/** Meaning of an answer that a working app does not give, and advice. */
function explain(path: string, { status, text, json }: Reply): string {
  const answer = `GET ${path} is answered ${status}`;
  if (json.type === "urn:waybill:problem:settings-invalid") {
    return `${answer}: a setting of the app is wrong, and the app does no work until it is mended. ${LOG}, event "settings-invalid": it names each setting.`;
  }
  if (status === 404 || status === 204 || (path === "/" && status === 200)) {
    return `${answer}, by the platform and not by the app: no function is registered. The package has no program where its package.json says, or the program ends before it registers any. Run "npm run package", look into .package, and deploy again.`;
  }
  if (status === 401 || status === 403) {
    return `${answer}: the app is stopped, or access to it is restricted.`;
  }
  if (status >= 500) {
    return `${answer}: the host or the app does not start. ${LOG}. After a first deployment wait some minutes, until its roles are known everywhere, and deploy again.`;
  }
  return `${answer}: ${text.slice(0, 200)}`;
}
