/** One request that the app was sent, and what it answered: a line of JSON in the file that the recorder writes. */
export interface RecordedExchange {
  readonly method: string;
  /** As it was sent, with the query. */
  readonly target: string;
  readonly request: RecordedBody;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: RecordedBody;
}

export interface RecordedBody {
  readonly bytes: number;
  /** False when the connection ended before the body did. */
  readonly isWhole: boolean;
  /** In base64; null when it is too large, or not whole. */
  readonly content: string | null;
}

/** Environment variable with the file's path. */
export const RECORD_VARIABLE = "WAYBILL_TEST_RECORD";

/** Larger bodies are counted only, so that no file of gigabytes is held. */
export const MAX_RECORDED_BYTES = 1024 * 1024;
