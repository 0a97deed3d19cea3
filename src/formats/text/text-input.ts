/** Text of a file that a reader has not taken yet. Positions become invalid at each `more` that the reader yields. */
export interface TextInput {
  readonly text: string;
  /** Start of the text that is not taken; the reader moves it. */
  at: number;
  /** Whether the text is complete. */
  readonly ended: boolean;
}

/** An input and the function that fills it. */
export interface FilledInput {
  readonly input: TextInput;
  /**
   * Waits for more text. Adds at least as much as was left. So a reader that rescans a long row after each fill scans
   * it only twice in all.
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
