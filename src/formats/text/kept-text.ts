/** The last part of a text that comes in pieces, by its positions in the whole. */
export interface KeptText {
  add(piece: string): void;
  /** Forgets, piece by piece, what lies before a position. */
  forgetBefore(position: number): void;
  slice(from: number, to: number): string;
}

export function keptText(): KeptText {
  const pieces: string[] = [];
  let start = 0;
  return {
    add: (piece) => {
      pieces.push(piece);
    },
    forgetBefore: (position) => {
      for (;;) {
        const length = pieces[0]?.length;
        if (length === undefined || start + length > position) {
          return;
        }
        pieces.shift();
        start += length;
      }
    },
    slice: (from, to) => pieces.join("").slice(from - start, to - start),
  };
}
