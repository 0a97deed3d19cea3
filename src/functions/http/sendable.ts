/** A value that becomes a `Shape` when it is sent as JSON: instants may be dates, and everything may be read-only. */
export type Sendable<Shape> = Shape extends string
  ? Shape | Date
  : Shape extends readonly (infer Item)[]
    ? readonly Sendable<Item>[]
    : Shape extends object
      ? { readonly [Member in keyof Shape]: Sendable<Shape[Member]> }
      : Shape;
