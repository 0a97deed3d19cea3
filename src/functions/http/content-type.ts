/** Media types whose content is text. */
const TEXT_REGEXP =
  /^(?:text\/[^;]+|application\/(?:[^;]+\+)?(?:json|xml)|application\/x-(?:jsonlines|xmllines))\s*(?:;|$)/i;

/**
 * The media type as answers name it: of text with its charset, because clients take a text without one for ISO-8859-1.
 * Our text is UTF-8; other text names its charset.
 */
export function withCharset(contentType: string): string {
  return TEXT_REGEXP.test(contentType) && !/;\s*charset=/i.test(contentType)
    ? `${contentType}; charset=utf-8`
    : contentType;
}
