/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; null on the last page. */
  readonly next: string | null;
}

/** Which part of a list is asked for. */
export interface PageRequest {
  readonly limit: number;
  readonly after: string | null;
}
