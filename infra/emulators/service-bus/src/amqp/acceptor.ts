import type { Socket } from "node:net";
import type { Container, EventContext, Receiver, Sender } from "rhea";
import rhea from "rhea";
import { BrokerError } from "../broker/errors.ts";
import type { Namespace } from "../broker/namespace.ts";
import { answerManagement } from "../management/amqp.ts";
import { answerToken } from "./cbs.ts";
import { type ClientConnection, endLink, type OpenLink, stealLink } from "./connection.ts";
import { type LinkContext, MAX_MESSAGE_BYTES } from "./context.ts";
import { openCoordinatorLink } from "./coordinator-link.ts";
import { openReceiveLink } from "./receive-link.ts";
import { openReplyLink, openRequestLink } from "./request-link.ts";
import { openSendLink } from "./send-link.ts";
import { checkFilters, openSessionLink, sessionAskedFor } from "./session-link.ts";
import { acceptSocket, endLocally } from "./shim.ts";
import { COORDINATOR_ADDRESS, prepareSession } from "./shim-session.ts";

const MANAGEMENT_REGEXP = /\/?\$management$/i;
const TOKENS_ADDRESS = "$cbs";

/** As in Azure; larger messages come in several frames. */
const MAX_FRAME_BYTES = 65_536;

/** Most unsettled deliveries of one session. */
const SESSION_DELIVERIES = 65_536;

const SEND_CREDIT = 1000;

export interface AmqpOptions {
  readonly namespace: Namespace;
  readonly connections: Set<ClientConnection>;
  readonly log: (line: string) => void;
}

/** Makes a handler that speaks AMQP on each socket. */
export function createAmqpAcceptor(options: AmqpOptions): (socket: Socket) => void {
  const container = rhea.create_container({ id: options.namespace.name });
  allowEveryone(container);
  for (const event of ["error", "protocol_error"]) {
    container.on(event, (error: unknown) => options.log(`AMQP: ${String(error)}`));
  }
  return (socket) => serve(container, socket, options);
}

/** Accepts every client, by the mechanisms that the SDKs of all languages use. */
function allowEveryone({ sasl_server_mechanisms: mechanisms }: Container): void {
  mechanisms.enable_anonymous();
  mechanisms.enable_plain(() => true);
  for (const name of ["EXTERNAL", "MSSBCBS"]) {
    mechanisms[name] = () => {
      const mechanism: { outcome?: boolean; start: () => void } = {
        start: () => {
          mechanism.outcome = true;
        },
      };
      return mechanism;
    };
  }
}

function serve(container: Container, socket: Socket, options: AmqpOptions): void {
  socket.setNoDelay(true);
  const connection: ClientConnection = {
    cut: () => socket.destroy(),
    links: new Set(),
    replyLinks: new Map(),
    transactions: new Map(),
  };
  options.connections.add(connection);
  const { namespace, log } = options;
  const context: LinkContext = { namespace, connection, log };
  const amqp = acceptSocket(container, socket, {
    max_frame_size: MAX_FRAME_BYTES,
    session_buffer_size: SESSION_DELIVERIES,
    receiver_options: {
      autoaccept: false,
      credit_window: SEND_CREDIT,
      max_message_size: MAX_MESSAGE_BYTES,
    },
    sender_options: { treat_modified_as_released: false },
  });
  const endLinks = (which: (link: OpenLink) => boolean) => {
    for (const link of [...connection.links].filter(which)) {
      endLink(connection, link);
    }
  };
  amqp.on("session_open", ({ session }: EventContext) => {
    if (session !== undefined) {
      prepareSession(session, MAX_MESSAGE_BYTES);
    }
  });
  amqp.on("session_close", ({ session }: EventContext) =>
    endLinks(({ link }) => link.session === session),
  );
  amqp.on("sender_open", ({ sender }: EventContext) => openSender(context, sender as Sender));
  amqp.on("receiver_open", ({ receiver }: EventContext) =>
    openReceiver(context, receiver as Receiver),
  );
  for (const event of ["connection_close", "connection_error", "disconnected"]) {
    amqp.on(event, () => endLinks(() => true));
  }
  socket.once("close", () => options.connections.delete(connection));
}

/** The client receives. */
function openSender(context: LinkContext, sender: Sender): void {
  const address: string = sender.source?.address ?? "";
  attach(context, sender, () => {
    if (address === TOKENS_ADDRESS || MANAGEMENT_REGEXP.test(address)) {
      return openReplyLink(context, sender, {
        address,
        entity: address.replace(MANAGEMENT_REGEXP, ""),
      });
    }
    checkFilters(sender);
    const sessionId = sessionAskedFor(sender);
    return sessionId === undefined
      ? openReceiveLink(context, sender, address)
      : openSessionLink(context, sender, { address, sessionId });
  });
}

/** The client sends. */
function openReceiver(context: LinkContext, receiver: Receiver): void {
  const address: string = receiver.target?.address ?? "";
  attach(context, receiver, () => {
    if (address === COORDINATOR_ADDRESS) {
      return openCoordinatorLink(context, receiver);
    }
    if (address === TOKENS_ADDRESS) {
      return openRequestLink(context, receiver, { address, answer: answerToken });
    }
    if (MANAGEMENT_REGEXP.test(address)) {
      const entity = address.replace(MANAGEMENT_REGEXP, "");
      context.namespace.store(entity);
      return openRequestLink(context, receiver, {
        address,
        answer: (request) => answerManagement(context, entity, request),
      });
    }
    if (address === "") {
      throw new BrokerError("not-allowed", "A link needs the address of an entity.");
    }
    return openSendLink(context, receiver, address);
  });
}

function attach(context: LinkContext, link: Sender | Receiver, open: () => OpenLink): void {
  try {
    stealLink(context.connection, link);
    const opened = open();
    context.connection.links.add(opened);
  } catch (error) {
    endLocally(link, error);
  }
}
