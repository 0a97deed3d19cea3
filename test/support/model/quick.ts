import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";

/**
 * Remembers results of pure functions that a life calls thousands of times with the same arguments: JSON, the reading
 * of definitions, formats of time zones. The domain changes no value that it was given, so calls can share one result.
 *
 * @returns a function that undoes it
 */
export function quicken(): () => void {
  const { parse } = JSON;
  const { DateTimeFormat } = Intl;
  const { stackTraceLimit } = Error;
  const undo = Object.values(DEFINITION_SCHEMAS.kinds).map(rememberReading);
  JSON.parse = rememberedParse(parse);
  Intl.DateTimeFormat = rememberedFormats(DateTimeFormat);
  Error.stackTraceLimit = 0;
  return () => {
    JSON.parse = parse;
    Intl.DateTimeFormat = DateTimeFormat;
    Error.stackTraceLimit = stackTraceLimit;
    for (const each of undo) {
      each();
    }
  };
}

/** One life meets fewer texts, and the next one meets others. */
const MAX_TEXTS = 1_000;

function rememberedParse(parse: typeof JSON.parse): typeof JSON.parse {
  const known = new Map<string, unknown>();
  return (text, reviver) => {
    if (reviver !== undefined) {
      return parse(text, reviver);
    }
    let value = known.get(text);
    if (value === undefined) {
      if (known.size >= MAX_TEXTS) {
        known.clear();
      }
      // frozen, so that nobody changes what others are given
      value = Object.freeze(parse(text));
      known.set(text, value);
    }
    return value;
  };
}

function rememberedFormats(Format: typeof Intl.DateTimeFormat): typeof Intl.DateTimeFormat {
  const known = new Map<string, Intl.DateTimeFormat>();
  return new Proxy(Format, {
    construct: (_, [locale, options]: ConstructorParameters<typeof Intl.DateTimeFormat>) => {
      const key = JSON.stringify([locale, options]);
      const format = known.get(key) ?? new Format(locale, options);
      known.set(key, format);
      return format;
    },
  });
}

type Reader = (typeof DEFINITION_SCHEMAS.kinds)[keyof typeof DEFINITION_SCHEMAS.kinds];

function rememberReading(schema: Reader): () => void {
  const { safeParse } = schema;
  const known = new Map<string, ReturnType<typeof safeParse>>();
  const remembered = (body: unknown) => {
    const json = JSON.stringify(body);
    const result = known.get(json) ?? safeParse(body);
    known.set(json, result);
    return result;
  };
  Object.assign(schema, { safeParse: remembered });
  return () => void Object.assign(schema, { safeParse });
}
