import rhea from "rhea";
import type { AmqpValue } from "../broker/types.ts";
import { readValue } from "../message/value-reader.ts";
import { encodeValue } from "../message/value-writer.ts";

/** The used parts of rhea's codec that its typings do not show. */
interface Codec {
  Reader: new (bytes: Buffer) => { read(): unknown };
  Writer: new () => { write(typed: unknown): void; toBuffer(): Buffer };
  wrap(value: unknown): unknown;
}

const codec = rhea.types as unknown as Codec;

/** Converts a value of rhea, through its encoding, to one with its AMQP type. */
export function toAmqpValue(value: unknown): AmqpValue {
  const writer = new codec.Writer();
  writer.write(codec.wrap(value));
  return readValue({ buffer: writer.toBuffer(), offset: 0 });
}

/** The value in the form that rhea writes. */
export function typedValue(value: AmqpValue): unknown {
  return new codec.Reader(encodeValue(value)).read();
}

/** Named values in the form that rhea writes, with their AMQP types. */
export function typedEntries(values: Readonly<Record<string, AmqpValue>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typedValue(value)]),
  );
}
