import { ServiceBusClient } from "@azure/service-bus";

/*
 * Run by secure.stack.test.ts in a process of its own, because Node reads NODE_EXTRA_CA_CERTS at its start only:
 * sends and receives as in production, by a host and a token. Prints what it received.
 */
const [host = "", body = "", token = ""] = process.argv.slice(2);

const client = new ServiceBusClient(host, {
  getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
});

await client.createSender("orders").sendMessages({ body });
const receiver = client.createReceiver("orders");
const [message] = await receiver.receiveMessages(1);
if (message !== undefined) {
  await receiver.completeMessage(message);
}
await client.close();
process.stdout.write(String(message?.body));
