import Module from "node:module";

const CORE = "@azure/functions-core";

let isInjected = false;

/**
 * Makes `require("@azure/functions-core")` answer with the API in this process, as the real worker does.
 *
 * The library keeps the first module it gets, so one process can host only one app.
 *
 * @throws Error when this process has hosted an app before
 */
export function injectCore(api: Record<string, unknown>): void {
  if (isInjected) {
    throw new Error(
      "Cannot start a second Functions host: @azure/functions serves one app in a process",
    );
  }
  isInjected = true;
  const require = Module.prototype.require;
  Module.prototype.require = new Proxy(require, {
    apply: (target, self, args: [string]) =>
      args[0] === CORE ? api : Reflect.apply(target, self, args),
  });
}
