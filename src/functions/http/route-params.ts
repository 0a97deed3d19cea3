/**
 * Route parameters by the names that routes give them.
 *
 * The platform ignores the case of names and keeps the spelling that it saw first, that of the query or the body. With
 * `?ActivityId=x` the route's own value comes as `ActivityId`. Its value is the route's all the same.
 */
export function routeParams(
  params: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const spellings = new Map(Object.keys(params).map((name) => [name.toLowerCase(), name]));
  return new Proxy(params, {
    get: (target, name) => {
      const spelling = spellings.get(String(name).toLowerCase());
      return Object.hasOwn(target, name) || spelling === undefined
        ? Reflect.get(target, name)
        : target[spelling];
    },
  });
}
