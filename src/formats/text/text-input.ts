/** Text of a file that a reader has not taken yet. Positions are lost at each `more` that the reader yields. */
export interface TextInput {
  readonly text: string;
  /** Where the text that is not taken starts; the reader moves it on. */
  at: number;
  /** Whether no more text comes. */
  readonly ended: boolean;
}

/** An input, and how it is filled. */
export interface FilledInput {
  readonly input: TextInput;
  /**
   * Waits for more text. As much as was left is added at least, so that a reader which looks at a long row again each
   * time looks at it only twice in all.
   */
  fill(): Promise<void>;
}

export function textInput(pieces: AsyncIterator<string>): FilledInput {
  const input = { text: "", at: 0, ended: false };
  return {
    input,
    fill: async () => {
      if (input.ended) {
        throw new Error("Cannot add text to an input that has ended");
      }
      const rest = input.text.slice(input.at);
      let added = "";
      do {
        const { done, value } = await pieces.next();
        input.ended = done === true;
        added += input.ended ? "" : value;
      } while (added.length <= rest.length && !input.ended);
      input.text = rest + added;
      input.at = 0;
    },
  };
}
