// Own code, because big.js drops written zeros (7.50), makes 100,000 digits of 1e99999, and refuses +7.

/** Keeps what is written in few characters, such as 1e400, from becoming a text of any length. */
const MAX_EXPONENT = 400;

const NUMBER_REGEXP = /^([+-]?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?$/;
const LEADING_ZEROS_REGEXP = /^0+(?=[0-9])/;

/**
 * Reads a decimal number in plain or scientific notation, without losing a digit.
 *
 * @returns its plain notation (`-1.5e3` gives `-1500`, `+007.50` gives `7.50`, `-0` gives `0`); null for other texts,
 *   and for an exponent beyond +-400
 */
export function plainDecimal(text: string): string | null {
  const match = NUMBER_REGEXP.exec(text);
  if (match === null) {
    return null;
  }
  const [, sign, whole = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > MAX_EXPONENT) {
    return null;
  }
  const magnitude = shifted(whole, fraction, exponent);
  return sign === "-" && /[1-9]/.test(magnitude) ? `-${magnitude}` : magnitude;
}

/**
 * {@link plainDecimal}, and also numbers that begin or end with their decimal point, as some databases write them:
 * `.5`, `5.`
 */
export function readDecimal(text: string): string | null {
  const point = text.indexOf(".");
  if (point === -1) {
    return plainDecimal(text);
  }
  const hasDigit = (index: number) => /[0-9]/.test(text.charAt(index));
  const [before, behind] = [text.slice(0, point), text.slice(point + 1)];
  if (!hasDigit(point - 1)) {
    return hasDigit(point + 1) ? plainDecimal(`${before}0.${behind}`) : null;
  }
  return plainDecimal(hasDigit(point + 1) ? text : before + behind);
}

/** Moves the decimal point by `exponent` places to the right. */
function shifted(whole: string, fraction: string, exponent: number): string {
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded = digits.padStart(digits.length - Math.min(point, 0), "0").padEnd(point, "0");
  const split = Math.max(point, 0);
  const left = (padded.slice(0, split) || "0").replace(LEADING_ZEROS_REGEXP, "");
  const right = padded.slice(split);
  return right === "" ? left : `${left}.${right}`;
}

/**
 * Compares two decimals in plain notation by their value, exactly, with any number of digits.
 *
 * @returns less than, equal to or greater than 0, as `a` is to `b`
 */
export function compareDecimals(a: string, b: string): number {
  const [aNegative, bNegative] = [a.startsWith("-"), b.startsWith("-")];
  const magnitudes = compareMagnitudes(aNegative ? a.slice(1) : a, bNegative ? b.slice(1) : b);
  if (aNegative === bNegative) {
    return aNegative ? -magnitudes : magnitudes;
  }
  const bothZero = !/[1-9]/.test(a) && !/[1-9]/.test(b);
  return bothZero ? 0 : aNegative ? -1 : 1;
}

function compareMagnitudes(a: string, b: string): number {
  const [aWhole = "", aFraction = ""] = a.replace(LEADING_ZEROS_REGEXP, "").split(".");
  const [bWhole = "", bFraction = ""] = b.replace(LEADING_ZEROS_REGEXP, "").split(".");
  if (aWhole.length !== bWhole.length) {
    return aWhole.length - bWhole.length;
  }
  if (aWhole !== bWhole) {
    return aWhole < bWhole ? -1 : 1;
  }
  const width = Math.max(aFraction.length, bFraction.length);
  const [aPadded, bPadded] = [aFraction.padEnd(width, "0"), bFraction.padEnd(width, "0")];
  return aPadded === bPadded ? 0 : aPadded < bPadded ? -1 : 1;
}
