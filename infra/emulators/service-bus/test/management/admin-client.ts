import { ServiceBusAdministrationClient } from "@azure/service-bus";

/** The unmodified admin client, which always asks by https, sent to plain http. */
export function adminClient(connectionString: string): ServiceBusAdministrationClient {
  // One try: a refusal must reach the test at once.
  const admin = new ServiceBusAdministrationClient(connectionString, {
    retryOptions: { maxRetries: 0 },
  });
  admin.pipeline.addPolicy(
    {
      name: "plainHttp",
      sendRequest(request, next) {
        request.url = request.url.replace(/^https:/, "http:");
        request.allowInsecureConnection = true;
        return next(request);
      },
    },
    { afterPhase: "Sign" },
  );
  return admin;
}

/** All items of an iterator of the SDK. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}
