type Version = readonly [major: number, minor: number, patch: number];

/** Whether a package's `engines` admit a version of Node, as npm judges it. */
export function admits(range: string, version: string): boolean {
  const [wanted] = versionOf(version);
  return range
    .split("||")
    .some((part) =>
      [...part.matchAll(/([<>]=?|\^)?\s*v?([\dx*][\dx.*]*)/g)].every(
        ([, operator = "", text = ""]) => fits(operator, text, wanted),
      ),
    );
}

/** @returns the version, and how many of its parts were said */
function versionOf(text: string): [Version, number] {
  const said = text.split(".").filter((part) => /^\d+$/.test(part));
  const [major = 0, minor = 0, patch = 0] = said.map(Number);
  return [[major, minor, patch], said.length];
}

function fits(operator: string, text: string, version: Version): boolean {
  const [bound, saidParts] = versionOf(text);
  const order = compare(version, bound);
  switch (operator) {
    case ">=":
      return order >= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "<=":
      // "<=24" holds for all of 24
      return order <= 0 || compareParts(version, bound, saidParts) === 0;
    case "^":
      return order >= 0 && version[0] === bound[0];
    default:
      return compareParts(version, bound, saidParts) === 0;
  }
}

function compare(a: Version, b: Version): number {
  return compareParts(a, b, a.length);
}

function compareParts(a: Version, b: Version, count: number): number {
  const difference = a.slice(0, count).map((part, index) => part - (b[index] ?? 0));
  return difference.find((part) => part !== 0) ?? 0;
}
