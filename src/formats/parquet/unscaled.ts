const DECIMAL_REGEXP = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/;

/**
 * A decimal as the whole number of its smallest unit: `1.50` of scale 3 is 1500.
 *
 * @returns null when the text is not a decimal, or has too many digits
 */
export function unscaled(
  text: string,
  { precision, scale }: { precision: number; scale: number },
): bigint | null {
  const parts = DECIMAL_REGEXP.exec(text);
  if (parts === null) {
    return null;
  }
  const [, sign = "", whole = "", fraction = ""] = parts;
  if (whole.length > precision - scale || fraction.length > scale) {
    return null;
  }
  const value = BigInt(whole + fraction.padEnd(scale, "0"));
  return sign === "-" ? -value : value;
}
