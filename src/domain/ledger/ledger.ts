import type { Page, PageRequest } from "../page.ts";
import type { EntryDraft, LedgerEntry } from "./ledger-entry.ts";

/** A subscription that did not get a file in its turn. It gets that file and the later ones afterwards. */
export interface Behind {
  readonly fileType: string;
  readonly subscriptionId: string;
  /** Number of the first file that may be missing. */
  readonly from: number;
  /** Version of the note. */
  readonly etag: string;
}

export interface Ledger {
  /**
   * Gives the next number to a file and stores its entry with all owed work, in one transaction. One origin has one
   * entry: a second call with the same origin returns the first entry and changes nothing.
   * @throws OriginClosed when the origin was closed
   */
  append(draft: EntryDraft): Promise<LedgerEntry>;
  /** The last number that was given out; 0: none. */
  lastNumber(fileType: string): Promise<number>;
  find(fileType: string, sequence: number): Promise<LedgerEntry | null>;
  findByOrigin(fileType: string, originId: string): Promise<LedgerEntry | null>;
  /**
   * Prevents an origin without an entry from ever having one. Closing it twice is fine.
   * @returns the entry that it has already; null: it is closed
   */
  close(fileType: string, originId: string): Promise<LedgerEntry | null>;
  /**
   * Whether anything is owed for the file type: an announcement, a fan-out, or files to a subscription that is behind.
   */
  owesAnything(fileType: string): Promise<boolean>;
  /** Entries that were never announced, in order. */
  unannounced(fileType: string): AsyncIterable<LedgerEntry>;
  /** Notes that the entry is announced; noting it twice is fine. */
  noteAnnounced(entry: LedgerEntry): Promise<void>;
  /** Entries that were not fanned out to every subscription, in order. */
  notFannedOut(fileType: string): AsyncIterable<LedgerEntry>;
  /** Notes that the entry is fanned out; noting it twice is fine. */
  noteFannedOut(entry: LedgerEntry): Promise<void>;
  /** Subscriptions that are behind. */
  behind(fileType: string): Promise<readonly Behind[]>;
  /** Notes that a subscription lacks this file. If it was behind already, the older note stays. */
  noteBehind(fileType: string, subscriptionId: string, from: number): Promise<void>;
  /**
   * Notes that the subscription lacks files from this number on. @returns the new note; null when another caller
   * changed it
   */
  moveBehind(behind: Behind, from: number): Promise<Behind | null>;
  /**
   * Notes that the subscription lacks no file. @returns false when the note has changed: it lacks another file since
   */
  endBehind(behind: Behind): Promise<boolean>;
  list(fileType: string, page: PageRequest): Promise<Page<LedgerEntry>>;
  /** At most `limit` entries, in order, from this number on. */
  listFrom(fileType: string, sequence: number, limit: number): Promise<readonly LedgerEntry[]>;
  /** Every file type that ever had a file. */
  fileTypes(): Promise<readonly string[]>;
  /** The oldest entries whose files still exist, in order. */
  kept(fileType: string, limit: number): Promise<readonly LedgerEntry[]>;
  /** Notes that the entry's file is deleted. Noting it twice is fine, and the first time stays. */
  noteDeleted(entry: LedgerEntry, at: Date): Promise<void>;
}
