/**
 * A webhook's receiver, as deliveries see it. Its URL is a secret: whoever knows it can often call it. So it never comes
 * out of the system that calls it, and neither do texts that repeat it.
 */
export interface WebhookEndpoint {
  /** Scheme, host and the last four characters of the URL, for people. */
  readonly shown: string;
  /** Changes with the URL, and reveals nothing of it. */
  readonly fingerprint: string;
  /** Keys that sign each request: `whsec_` and base64. All of them are live. */
  readonly secrets: readonly string[];
  /** Host name of this installation, for receivers that ask who will call. */
  readonly origin: string;
  /**
   * Makes one request, and never another one: redirects are not followed. It always ends within the endpoint's
   * deadline, and never throws: failures are in the answer.
   */
  call(request: WebhookRequest): Promise<WebhookAnswer>;
}

export interface WebhookRequest {
  readonly method: "POST" | "OPTIONS";
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as they are. Null: no body. */
  readonly body: Uint8Array | null;
}

export interface WebhookAnswer {
  /** Null: no status arrived. */
  readonly status: number | null;
  /** The answer's headers by lower-case names, without secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** First characters of the body, without secrets. */
  readonly text: string;
  /** Why the exchange failed or broke off, without secrets; null: it was complete as far as it was read. */
  readonly error: string | null;
  readonly durationMs: number;
}

/**
 * Finds the receiver that a connection names. It calls nobody.
 *
 * @throws AppError `connection-unknown`, `connection-invalid`
 */
export type OpenWebhook = (connection: string) => WebhookEndpoint;
