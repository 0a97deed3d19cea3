import type { Page, PageRequest } from "../page.ts";
import type { EntryDraft, LedgerEntry } from "./ledger-entry.ts";

/** A subscription that was not given some file when its turn came, and gets that one and those behind it later. */
export interface Behind {
  readonly fileType: string;
  readonly subscriptionId: string;
  /** Number of the first file that it may lack. */
  readonly from: number;
  /** Which version of the note this is. */
  readonly etag: string;
}

export interface Ledger {
  /**
   * Gives the next number to a file, with its entry and all that is owed for it, in one transaction. One origin has one
   * entry: a second call with the same origin returns the first entry and changes nothing.
   * @throws OriginClosed when the origin was closed
   */
  append(draft: EntryDraft): Promise<LedgerEntry>;
  find(fileType: string, sequence: number): Promise<LedgerEntry | null>;
  findByOrigin(fileType: string, originId: string): Promise<LedgerEntry | null>;
  /**
   * Keeps an origin that has no entry from ever having one; closing it twice is fine.
   * @returns the entry that it has all the same; null: it is closed
   */
  close(fileType: string, originId: string): Promise<LedgerEntry | null>;
  /** Whether anything is owed of the file type: an announcement, a fan-out, or files to a subscription that is behind. */
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
  /** Notes that a subscription lacks this file; one that is behind already stays behind by as much. */
  noteBehind(fileType: string, subscriptionId: string, from: number): Promise<void>;
  /** The subscription lacks files from this number on. @returns the new note; null when somebody has changed it */
  moveBehind(behind: Behind, from: number): Promise<Behind | null>;
  /** The subscription lacks nothing more. @returns false when the note has changed: it lacks another file since */
  endBehind(behind: Behind): Promise<boolean>;
  list(fileType: string, page: PageRequest): Promise<Page<LedgerEntry>>;
  /** Entries with this number and greater ones, in order, at most so many. */
  listFrom(fileType: string, sequence: number, limit: number): Promise<readonly LedgerEntry[]>;
  /** Every file type that ever had a file. */
  fileTypes(): Promise<readonly string[]>;
  /** The oldest entries whose files are still kept, in order. */
  kept(fileType: string, limit: number): Promise<readonly LedgerEntry[]>;
  /** Notes that the entry's file is deleted; noting it twice is fine, and the first time stays. */
  noteDeleted(entry: LedgerEntry, at: Date): Promise<void>;
}
