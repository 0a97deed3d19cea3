import {
  parseServiceBusConnectionString,
  type ServiceBusAdministrationClient,
} from "@azure/service-bus";

type Policy = Parameters<ServiceBusAdministrationClient["pipeline"]["addPolicy"]>[0];

/** For a broker on this machine, which the SDK asks by https whatever the address says. */
export const plainHttp: Policy = {
  name: "plainHttp",
  sendRequest: (request, next) => {
    request.url = request.url.replace(/^https:/, "http:");
    request.allowInsecureConnection = true;
    return next(request);
  },
};

/** Host of the namespace, with its port if it has one, and whether it is a broker on this machine. */
export function namespaceOf(
  serviceBus: { readonly connectionString: string } | { readonly namespace: string },
): { readonly namespace: string; readonly isLocal: boolean } {
  if ("namespace" in serviceBus) {
    return { namespace: serviceBus.namespace, isLocal: false };
  }
  const { connectionString } = serviceBus;
  const { endpoint } = parseServiceBusConnectionString(connectionString);
  return {
    namespace: endpoint.replace(/^sb:\/\//, "").replace(/\/+$/, ""),
    isLocal: /UseDevelopmentEmulator=true/i.test(connectionString),
  };
}
