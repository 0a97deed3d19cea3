/**
 * The characters of an XML name without a colon, as the inside of a character class (flag `u`).
 *
 * @see https://www.w3.org/TR/xml/#NT-NameStartChar fifth edition
 * @see https://www.w3.org/TR/xml-names/#NT-NCName
 */
export const XML_NAME_START =
  "A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F" +
  "\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}";

/** Characters after the first one. The hyphen comes first in the class, where it does not make a range. */
export const XML_NAME_REST = `-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040${XML_NAME_START}`;

/** A whole XML name without a colon. */
export const XML_NAME_REGEXP = new RegExp(`^[${XML_NAME_START}][${XML_NAME_REST}]*$`, "u");
