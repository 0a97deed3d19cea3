/** The last part of a text that comes in pieces, addressed by positions in the whole text. */
export interface KeptText {
  add(piece: string): void;
  /** Frees the pieces that lie before a position. */
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
