import type { Socket } from "node:net";
import type { Container, EventContext, Receiver, Sender } from "rhea";
import rhea from "rhea";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { Namespace } from "../broker/namespace.ts";
import { answerManagement } from "../management/amqp.ts";
import { createAccess, type Need, needAt, needAtManagement } from "./access.ts";
import { answerToken } from "./cbs.ts";
import { type ClientConnection, endLink, type OpenLink, stealLink } from "./connection.ts";
import { type LinkContext, MAX_MESSAGE_BYTES } from "./context.ts";
import { openCoordinatorLink } from "./coordinator-link.ts";
import { openReceiveLink } from "./receive-link.ts";
import { openReplyLink, openRequestLink, type Request } from "./request-link.ts";
import { offerMechanisms } from "./sasl.ts";
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
  readonly authorizer: Authorizer;
  readonly connections: Set<ClientConnection>;
  readonly log: (line: string) => void;
}

/** Makes a handler that speaks AMQP on each socket. */
export function createAmqpAcceptor(options: AmqpOptions): (socket: Socket) => void {
  return (socket) => {
    // one each: a container keeps by which key a client has come
    const container = rhea.create_container({ id: options.namespace.name });
    for (const event of ["error", "protocol_error"]) {
      container.on(event, (error: unknown) => options.log(`AMQP: ${String(error)}`));
    }
    serve(container, socket, options);
  };
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
  const { namespace, authorizer, log } = options;
  const { clock } = authorizer;
  const access = createAccess(connection, { clock, namespace: namespace.name });
  const context: LinkContext = { namespace, authorizer, access, connection, log };
  offerMechanisms(container, context);
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
  socket.once("close", () => {
    options.connections.delete(connection);
    access.close();
  });
}

const ANY_RIGHT = ["Send", "Listen"] as const;

/** The client receives. */
function openSender(context: LinkContext, sender: Sender): void {
  const address: string = sender.source?.address ?? "";
  const reply = (entity: string) => openReplyLink(context, sender, { address, entity });
  if (address === TOKENS_ADDRESS) {
    attach(context, sender, { need: null, open: () => reply(address) });
    return;
  }
  if (MANAGEMENT_REGEXP.test(address)) {
    const entity = address.replace(MANAGEMENT_REGEXP, "");
    const need = needAtManagement(entity, ...ANY_RIGHT);
    attach(context, sender, { need, open: () => reply(entity) });
    return;
  }
  const open = () => {
    checkFilters(sender);
    const sessionId = sessionAskedFor(sender);
    return sessionId === undefined
      ? openReceiveLink(context, sender, address)
      : openSessionLink(context, sender, { address, sessionId });
  };
  attach(context, sender, { need: needAt(address, "Listen"), open });
}

/** The client sends. */
function openReceiver(context: LinkContext, receiver: Receiver): void {
  const address: string = receiver.target?.address ?? "";
  if (address === COORDINATOR_ADDRESS) {
    const need = { path: null, rights: ANY_RIGHT };
    attach(context, receiver, { need, open: () => openCoordinatorLink(context, receiver) });
  } else if (address === TOKENS_ADDRESS) {
    const answer = (request: Request) => answerToken(context, request);
    const open = () => openRequestLink(context, receiver, { address, answer });
    attach(context, receiver, { need: null, open });
  } else if (MANAGEMENT_REGEXP.test(address)) {
    const entity = address.replace(MANAGEMENT_REGEXP, "");
    const answer = (request: Request) => answerManagement(context, entity, request);
    const open = () => {
      context.namespace.store(entity);
      return openRequestLink(context, receiver, { address, answer });
    };
    attach(context, receiver, { need: needAtManagement(entity, ...ANY_RIGHT), open });
  } else {
    const open = () => openSendLink(context, receiver, address);
    attach(context, receiver, { need: needAt(address, "Send"), open });
  }
}

/** The right comes before all else: who has none learns nothing of what there is. */
function attach(
  context: LinkContext,
  link: Sender | Receiver,
  { need, open }: { readonly need: Need | null; readonly open: () => OpenLink },
): void {
  try {
    if (need !== null) {
      context.access.check(need);
    }
    stealLink(context.connection, link);
    const opened = open();
    if (need !== null) {
      context.access.watch(opened, need);
    }
    context.connection.links.add(opened);
  } catch (error) {
    endLocally(link, error);
  }
}
