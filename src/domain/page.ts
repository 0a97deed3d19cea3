/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; null on the last page. */
  readonly next: string | null;
}

/** The requested part of a list. */
export interface PageRequest {
  readonly limit: number;
  readonly after: string | null;
}
