import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Language, type Node, Parser } from "web-tree-sitter";

const INFRA = join(import.meta.dirname, "..", "..", "infra");
const require = createRequire(import.meta.url);

/** Reads Bicep source into its syntax tree. */
export async function bicepParser(): Promise<(source: string) => Node> {
  await Parser.init();
  const grammar = require.resolve("tree-sitter-bicep/tree-sitter-bicep.wasm");
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));
  return (source) => {
    const tree = parser.parse(source);
    if (tree === null) {
      throw new Error("Cannot parse Bicep: the parser gave up");
    }
    return tree.rootNode;
  };
}

/** Every Bicep file that is deployed, by its path from `infra`, such as `modules/roles.bicep`. */
export async function deployedBicep(): Promise<ReadonlyMap<string, Node>> {
  const parse = await bicepParser();
  const paths = ["main.bicep", ...readdirSync(join(INFRA, "modules")).map((f) => `modules/${f}`)];
  return new Map(paths.map((path) => [path, parse(readFileSync(join(INFRA, path), "utf8"))]));
}

/** @returns one line a mistake; none when everything was understood */
export function syntaxProblems(root: Node): string[] {
  return [...descendants(root)]
    .filter((node) => node.isError || node.isMissing)
    .map((node) => `line ${lineOf(node)}: cannot read "${node.text.slice(0, 40)}"`);
}

/** The node and everything under it, in the order of the source. */
export function* descendants(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) {
    yield* descendants(child);
  }
}

export function descendantsOf(node: Node, type: string): Node[] {
  return [...descendants(node)].filter((found) => found.type === type);
}

/** Top-level declarations of a type, e.g. `resource_declaration`. */
export function declarations(root: Node, type: string): Node[] {
  return root.namedChildren.filter((node) => node.type === type);
}

/** The name in a declaration. */
export function nameOf(declaration: Node): string {
  return declaration.namedChildren.find((node) => node.type === "identifier")?.text ?? "";
}

/** The decorators in front of a declaration or property, as their calls' text: `secure()`. */
export function decoratorsOf(node: Node): string[] {
  const before = node.previousNamedSibling;
  return before?.type === "decorators"
    ? descendantsOf(before, "decorator").map((decorator) => decorator.text.slice(1))
    : [];
}

/** The text of a string without interpolation; null for every other node. */
export function literal(node: Node | undefined): string | null {
  return node?.type === "string" && descendantsOf(node, "interpolation").length === 0
    ? node.text.replace(/^'+|'+$/g, "")
    : null;
}

/** The object that a resource or module declares, also under a condition or in a loop. */
export function bodyOf(declaration: Node): Node {
  const value = declaration.namedChildren.at(-1);
  const inner = value?.type === "for_statement" ? value.childForFieldName("body") : value;
  const object = inner?.type === "if_statement" ? inner.namedChildren.at(-1) : inner;
  if (object?.type !== "object") {
    throw new Error(
      `Cannot read line ${lineOf(declaration)}: "${nameOf(declaration)}" is not an object`,
    );
  }
  return object;
}

/** Properties of an object by name, as the nodes of their values. */
export function propertiesOf(object: Node): ReadonlyMap<string, Node> {
  const properties = object.namedChildren.filter((node) => node.type === "object_property");
  return new Map(
    properties.flatMap((property) => {
      const [key, value] = property.namedChildren.filter((node) => node.type !== "comment");
      return key === undefined || value === undefined ? [] : [[literal(key) ?? key.text, value]];
    }),
  );
}

/** The value at a path of property names, such as `properties.siteConfig.minTlsVersion`. */
export function valueAt(object: Node, path: string): Node | undefined {
  return path
    .split(".")
    .reduce<Node | undefined>(
      (node, name) => (node?.type === "object" ? propertiesOf(node).get(name) : undefined),
      object,
    );
}

/** Type and API version of a resource. */
export function resourceType(declaration: Node): { type: string; version: string } {
  const text = literal(declaration.namedChildren.find((node) => node.type === "string"));
  const [type = "", version = ""] = (text ?? "").split("@");
  return { type, version };
}

export function isExisting(declaration: Node): boolean {
  return declaration.children.some((node) => node.type === "existing");
}

export function lineOf(node: Node): number {
  return node.startPosition.row + 1;
}
