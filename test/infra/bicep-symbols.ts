import { dirname, join } from "node:path/posix";
import type { Node } from "web-tree-sitter";
import {
  bodyOf,
  declarations,
  decoratorsOf,
  descendants,
  descendantsOf,
  lineOf,
  literal,
  nameOf,
  propertiesOf,
} from "./bicep-tree.ts";

/** The functions that our files call; a typing error in a name is a name that is not here. */
const FUNCTIONS = new Set(
  "empty environment guid items loadJsonContent map replace string subscription subscriptionResourceId tenant toLower toObject toUpper union uniqueString".split(
    " ",
  ),
);
const DECORATORS = new Set(
  "allowed description export maxLength maxValue metadata minLength minValue".split(" "),
);
const DECLARATIONS = [
  "parameter_declaration",
  "variable_declaration",
  "resource_declaration",
  "module_declaration",
  "type_declaration",
];
/** An unused one of these is a mistake; an unused resource is still deployed. */
const MUST_BE_USED = new Set(["parameter_declaration", "variable_declaration"]);

type Files = ReadonlyMap<string, Node>;

/**
 * A compiler's checks of names: declared, declared once, used. Modules must exist and get their parameters.
 *
 * @param files every file by its path, `/` between folders
 * @returns one line a mistake
 */
export function symbolProblems(files: Files): string[] {
  return [...files].flatMap(([path, root]) =>
    [
      ...nameProblems(root),
      ...callProblems(root),
      ...declarations(root, "module_declaration").flatMap((node) =>
        moduleProblems(files, path, node),
      ),
      ...outputProblems(files, path, root),
      ...importProblems(files, path, root),
    ].map((problem) => `${path}: ${problem}`),
  );
}

function nameProblems(root: Node): string[] {
  const declared = DECLARATIONS.flatMap((type) => declarations(root, type));
  const imported = importsOf(root).flatMap(({ names }) => names);
  const names = [...declared.map(nameOf), ...imported];
  const references = [...descendants(root)].filter(isReference);
  const used = new Set(references.map((node) => node.text));
  const mustBeUsed = [
    ...declared.filter(({ type }) => MUST_BE_USED.has(type)).map(nameOf),
    ...imported,
  ];
  return [
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `"${name}" is declared twice`),
    ...references
      .filter((node) => !names.includes(node.text) && !isBoundLocally(node))
      .map((node) => `line ${lineOf(node)}: "${node.text}" is not declared`),
    ...mustBeUsed.filter((name) => !used.has(name)).map((name) => `"${name}" is not used`),
  ];
}

/** Whether an identifier stands for something declared elsewhere, and is neither a declaration nor a key. */
function isReference(node: Node): boolean {
  const { parent } = node;
  if (node.type !== "identifier" || parent === null) {
    return false;
  }
  const isFirst = parent.firstNamedChild?.equals(node) ?? false;
  switch (parent.type) {
    case "parameter_declaration":
    case "variable_declaration":
    case "resource_declaration":
    case "module_declaration":
    case "type_declaration":
    case "output_declaration":
    case "metadata_declaration":
    case "object_property":
    case "lambda_expression":
      return !isFirst;
    case "import_functionality":
      return false;
    case "for_statement":
      return parent.childForFieldName("initializer")?.equals(node) !== true;
    case "call_expression":
      return false;
    default:
      return true;
  }
}

/** Names that a loop or lambda around the node declares. */
function isBoundLocally(node: Node): boolean {
  for (let around = node.parent; around !== null; around = around.parent) {
    if (around.type === "for_statement") {
      const bound = [
        around.childForFieldName("initializer"),
        ...around.namedChildren
          .filter((child) => child.type === "for_loop_parameters")
          .flatMap((child) => child.namedChildren),
      ];
      if (bound.some((name) => name?.text === node.text)) {
        return true;
      }
    }
    if (around.type === "lambda_expression" && around.firstNamedChild?.text === node.text) {
      return true;
    }
  }
  return false;
}

function callProblems(root: Node): string[] {
  const decorators = new Set(
    descendantsOf(root, "decorator").flatMap(({ firstNamedChild }) => firstNamedChild?.id ?? []),
  );
  return descendantsOf(root, "call_expression").flatMap((call) => {
    const name = call.childForFieldName("function")?.text ?? "";
    const known = decorators.has(call.id) ? DECORATORS : FUNCTIONS;
    return known.has(name) ? [] : [`line ${lineOf(call)}: "${name}" is not a known function`];
  });
}

function moduleProblems(files: Files, path: string, declaration: Node): string[] {
  const at = `line ${lineOf(declaration)}: module "${nameOf(declaration)}"`;
  const target = files.get(moduleFile(path, declaration));
  if (target === undefined) {
    return [`${at} is not at "${moduleFile(path, declaration)}"`];
  }
  const taken = declarations(target, "parameter_declaration");
  const params = propertiesOf(bodyOf(declaration)).get("params");
  const given = params === undefined ? [] : [...propertiesOf(params).keys()];
  const names = taken.map(nameOf);
  const required = taken.filter((param) => !hasDefault(param)).map(nameOf);
  return [
    ...given.filter((name) => !names.includes(name)).map((name) => `${at} takes no "${name}"`),
    ...required.filter((name) => !given.includes(name)).map((name) => `${at} lacks "${name}"`),
  ];
}

function outputProblems(files: Files, path: string, root: Node): string[] {
  const modules = new Map(
    declarations(root, "module_declaration").map((node) => [nameOf(node), moduleFile(path, node)]),
  );
  return descendantsOf(root, "member_expression").flatMap((member) => {
    const [, module = "", output = ""] = /^(\w+)\.outputs\.(\w+)$/.exec(member.text) ?? [];
    const target = files.get(modules.get(module) ?? "");
    const outputs = target === undefined ? [] : declarations(target, "output_declaration");
    return output === "" || outputs.some((node) => nameOf(node) === output)
      ? []
      : [`line ${lineOf(member)}: module "${module}" has no output "${output}"`];
  });
}

function importProblems(files: Files, path: string, root: Node): string[] {
  return importsOf(root).flatMap(({ from, names }) => {
    const target = files.get(join(dirname(path), from));
    const exported = (target?.namedChildren ?? [])
      .filter((node) => decoratorsOf(node).includes("export()"))
      .map(nameOf);
    return names
      .filter((name) => !exported.includes(name))
      .map((name) => `"${from}" does not export "${name}"`);
  });
}

function importsOf(root: Node): { from: string; names: string[] }[] {
  return declarations(root, "import_functionality").map((node) => ({
    from: literal(node.namedChildren.find((child) => child.type === "string")) ?? "",
    names: node.namedChildren.filter((child) => child.type === "identifier").map((id) => id.text),
  }));
}

function moduleFile(path: string, declaration: Node): string {
  const file = literal(declaration.namedChildren.find((node) => node.type === "string"));
  return join(dirname(path), file ?? "");
}

/** Whether a module may be called without the parameter. */
export function hasDefault(parameter: Node): boolean {
  return parameter.children.some((child) => child.text === "=");
}
