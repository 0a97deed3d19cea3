import Module, { registerHooks } from "node:module";

const CORE = "@azure/functions-core";
const CORE_URL = "functions-host:core";
const KEY = Symbol.for("functions-host.core-api");

let isInjected = false;

/**
 * Makes `@azure/functions-core` resolvable in this process, by `require` as under the real worker and by `import`.
 *
 * The library keeps the module it was given first, so one process can host one app only.
 *
 * @param onImport told about an `import` of the module, which works here only
 * @throws Error when this process has hosted an app before
 */
export function injectCore(api: Record<string, unknown>, onImport: () => void): void {
  if (isInjected) {
    throw new Error(
      "Cannot start a second Functions host: @azure/functions serves one app in a process",
    );
  }
  isInjected = true;
  patchRequire(api);
  Object.assign(globalThis, { [KEY]: api });
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier !== CORE) {
        return nextResolve(specifier, context);
      }
      onImport();
      return { url: CORE_URL, format: "module", shortCircuit: true };
    },
    load(url, context, nextLoad) {
      return url === CORE_URL
        ? { format: "module", source: moduleText(Object.keys(api)), shortCircuit: true }
        : nextLoad(url, context);
    },
  });
}

function patchRequire(api: Record<string, unknown>): void {
  const require = Module.prototype.require;
  Module.prototype.require = new Proxy(require, {
    apply: (target, self, args: [string]) =>
      args[0] === CORE ? api : Reflect.apply(target, self, args),
  });
}

function moduleText(names: readonly string[]): string {
  return [
    'const api = globalThis[Symbol.for("functions-host.core-api")];',
    "export default api;",
    ...names.map((name) => `export const ${name} = api.${name};`),
  ].join("\n");
}
