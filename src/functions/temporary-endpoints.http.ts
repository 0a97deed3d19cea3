import { z } from "zod";
import { temporaryEndpoints } from "../domain/deliveries/topics/temporary-endpoints.ts";
import { FileType } from "../domain/ids.ts";
import { door } from "./http/door.ts";

const ServiceBusEndpoint = z
  .object({
    namespace: z.string().describe("Host of the namespace."),
    topic: z.string().describe("Name of the topic."),
    subscription: z.string().describe("Name of the subscription in the topic."),
    access: z
      .enum(["sas", "entra"])
      .describe("`sas`: open it with `connectionString`; `entra`: use your own identity."),
    ordered: z
      .boolean()
      .describe("Whether it has sessions: each session has the files of one type, in order."),
    connectionString: z
      .string()
      .optional()
      .describe("Opens an unmodified Service Bus client. Missing with `entra`."),
    expiresAt: z.iso.datetime().optional().describe("End of the connection string."),
  })
  .meta({ id: "ServiceBusEndpoint", description: "A subscription of the topic." });

const ContainerEndpoint = z
  .object({
    fileType: FileType,
    uri: z.string().describe("Address of the container."),
    sharedAccessSignature: z
      .string()
      .describe("A file's `uri`, `?` and this text make the address of a download."),
    expiresAt: z.iso.datetime().describe("End of the signature."),
  })
  .meta({ id: "ContainerEndpoint", description: "The container with the files of one type." });

const TemporaryEndpointsAnswer = z
  .object({
    subscriptions: z.array(
      z.object({
        id: z.string().describe("Id of the subscription."),
        serviceBus: ServiceBusEndpoint.nullable().describe(
          "Null while it is being made: ask again at `refreshAfter`.",
        ),
        containers: z
          .array(ContainerEndpoint)
          .describe("Containers of its file types, as far as they are known."),
      }),
    ).describe("Subscriptions of the topic that name the caller's application."),
    expiresAt: z.iso.datetime().describe("The earliest end of anything in this answer."),
    refreshAfter: z.iso.datetime().describe("From then on ask again."),
  })
  .meta({
    id: "TemporaryEndpoints",
    description: "Short-lived access to the caller's subscriptions of the topic and their files.",
  });

const TAG = {
  name: "Temporary endpoints",
  description: "Short-lived access to Service Bus subscriptions and file containers.",
} as const;

export const TEMPORARY_ENDPOINT_DOORS = [
  door({
    id: "temporary-endpoints",
    tag: TAG,
    caller: "partner",
    method: "get",
    path: "/api/external/integration/export/temporaryendpoints",
    isPrefixed: true,
    summary: "Get short-lived access to the caller's subscriptions",
    description:
      "All subscriptions of the topic that name the caller's application. Tokens may end earlier, when a key is rotated: ask again when one is refused, too.",
    answers: { 200: { description: "Never to be cached.", json: TemporaryEndpointsAnswer } },
    handle: async (ports, { caller: { applicationId } }) => {
      const lifeMs = ports.site.temporaryEndpointMs;
      const json = await temporaryEndpoints(ports, { applicationId, lifeMs });
      return { status: 200, headers: { "Cache-Control": "no-store" }, json };
    },
  }),
  door({
    id: "topic-keys-rotate",
    tag: TAG,
    caller: "operator",
    method: "post",
    path: "/api/topic/rotate-keys",
    summary: "Give the topic a new signing key",
    description:
      "Tokens that were signed with the key before stay good until the next rotation. Partners that ask at `refreshAfter` do not notice. Rotating twice ends every token.",
    answers: { 204: { description: "Rotated." } },
    refusals: { 503: "The topic has no rule that may only listen." },
    handle: async (ports, { caller: { applicationId } }) => {
      await ports.topic.rotateKeys();
      ports.log("topic-keys-rotated", { applicationId });
      return { status: 204 };
    },
  }),
];
