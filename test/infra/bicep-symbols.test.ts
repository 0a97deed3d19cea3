import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasDefault, symbolProblems } from "./bicep-symbols.ts";
import { bicepParser, declarations, decoratorsOf, deployedBicep, nameOf } from "./bicep-tree.ts";

const INFRA = join(import.meta.dirname, "..", "..", "infra");
const parse = await bicepParser();
const files = await deployedBicep();

test("Names are declared and used, and modules are given what they take", () => {
  expect(symbolProblems(files)).toEqual([]);
});

const MODULE = `
param name string
param size int = 1
output id string = '\${name}\${size}'
`;
const TYPES = "@export()\ntype partner = {\n  name: string\n}\n";

function problemsOf(source: string): string[] {
  const sources = { "main.bicep": source, "modules/a.bicep": MODULE, "modules/t.bicep": TYPES };
  const roots = Object.entries(sources).map(([path, text]) => [path, parse(text)] as const);
  return symbolProblems(new Map(roots)).map((problem) => problem.replace("main.bicep: ", ""));
}

test("symbolProblems is silent about every way to declare and to use a name", () => {
  const source = `
    import { partner } from './modules/t.bicep'
    param partners partner[]
    param type string
    var names = map(partners, item => item.name)
    resource b 'T@1' existing = {
      name: type
    }
    resource c 'T@1' = [
      for (item, index) in partners: if (!empty(item.name)) {
        parent: b
        name: '\${item.name}-\${index}-\${names[index]}'
      }
    ]
    module a 'modules/a.bicep' = [for name in names: {
      params: { name: name }
    }]
    module d './modules/a.bicep' = {
      params: { name: 'd', size: 2 }
    }
    output id string = d.outputs.id`;

  expect(problemsOf(source)).toEqual([]);
});

test.each([
  ["a name that is not declared", "output a string = b", ['line 1: "b" is not declared']],
  ["a loop's name outside of it", "var a = [for b in []: b]\noutput c array = union(a, b)", 1],
  ["a lambda's name outside of it", "output a array = union(map([], b => b), b)", 1],
  ["a type that is not declared", "param a partner[]\noutput b int = empty(a)", 1],
  ["a parameter that is not used", "param a string", ['"a" is not used']],
  ["a variable that is not used", "var a = 1", ['"a" is not used']],
  ["an import that is not used", "import { partner } from 'modules/t.bicep'", 1],
  [
    "an import that is not exported",
    "import { b } from 'modules/t.bicep'\nparam a b\nvar c = a",
    2,
  ],
  ["a name that is declared twice", "var a = 1\nvar a = 2\noutput b int = a", 1],
  ["a misspelt function", "output a string = tolower('A')", 1],
  ["a misspelt decorator", "@minLenght(1)\nparam a string\noutput b string = a", 1],
  ["a module that is not there", "module a 'modules/b.bicep' = {\n}", 1],
  ["a module that lacks a parameter", "module a 'modules/a.bicep' = {\n  params: {}\n}", 1],
  [
    "a module that gets too much",
    "module a 'modules/a.bicep' = {\n  params: { name: 'a', b: 1 }\n}",
    1,
  ],
  [
    "an output that a module lacks",
    "module a 'modules/a.bicep' = {\n  params: { name: 'a' }\n}\noutput b string = a.outputs.b",
    1,
  ],
])("symbolProblems finds %s", (_, source, expected) => {
  const problems = problemsOf(source);

  if (typeof expected === "number") {
    expect(problems).toHaveLength(expected);
  } else {
    expect(problems).toEqual(expected);
  }
});

test("main.parameters.json gives every parameter that main.bicep demands, and none that it does not take", () => {
  const { parameters } = JSON.parse(readFileSync(join(INFRA, "main.parameters.json"), "utf8"));
  const main = files.get("main.bicep");
  const taken = main === undefined ? [] : declarations(main, "parameter_declaration");
  const required = taken.filter((parameter) => !hasDefault(parameter)).map(nameOf);

  expect(taken.map(nameOf)).toEqual(expect.arrayContaining(Object.keys(parameters)));
  expect(Object.keys(parameters)).toEqual(expect.arrayContaining(required));
  expect(required).not.toEqual([]);
});

test("Every parameter of main.bicep says what it is, and is bounded", () => {
  const main = files.get("main.bicep");
  const taken = main === undefined ? [] : declarations(main, "parameter_declaration");

  const careless = taken.filter((parameter) => {
    const decorators = decoratorsOf(parameter).join(" ");
    return !(/description\('\w/.test(decorators) && /(?:min|max|allowed)/.test(decorators));
  });

  expect(taken.length).toBeGreaterThan(5);
  expect(careless.map(nameOf)).toEqual([]);
});
