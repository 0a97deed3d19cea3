import type { Entities, Entity } from "../broker/types.ts";
import type { Form } from "./atom-form.ts";
import { element, type XmlElement } from "./atom-xml.ts";

/** An entity in the admin endpoint. */
export interface Item {
  readonly name: string;
  /** Path below the host, percent-encoded where necessary. */
  readonly path: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly description: XmlElement;
}

/** The entities of one kind in one place, in XML. */
export interface Shelf {
  /** The describing element that `create` and `update` take. */
  readonly element: string;
  list(): readonly Item[];
  get(name: string): Item | null;
  /** @throws BrokerError `invalid-argument`, `entity-exists` */
  create(name: string, description: XmlElement): Item;
  /** @throws BrokerError `invalid-argument`, `entity-not-found` */
  update(name: string, description: XmlElement): Item;
  /** @throws BrokerError `entity-not-found` */
  delete(name: string): void;
}

const CONNECT_NAMESPACE = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect";

/** Makes a describing element, with the namespaces that its content uses. */
export function description(name: string, content: readonly XmlElement[]): XmlElement {
  const attributes = {
    xmlns: CONNECT_NAMESPACE,
    "xmlns:i": "http://www.w3.org/2001/XMLSchema-instance",
  };
  return { ...element(name, ...content), attributes };
}

/** Percent-encodes a name, except its slashes and the dollar that the SDK expects in `$Default`. */
export function urlPath(name: string): string {
  return encodeURIComponent(name).replaceAll("%2F", "/").replaceAll("%24", "$");
}

/** @param folder the path of the place, with a slash at its end; empty for queues and topics */
export function shelfOf<Config extends { readonly name: string }>(
  entities: Entities<Config>,
  form: Form<Config>,
  folder: string,
): Shelf {
  const item = (entity: Entity<Config>): Item => ({
    name: entity.config.name,
    path: folder + urlPath(entity.config.name),
    createdAt: entity.runtime.createdAt,
    updatedAt: entity.runtime.updatedAt,
    description: description(form.element, form.write(entity)),
  });
  return {
    element: form.element,
    list: () =>
      entities
        .list()
        .map(item)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    get(name) {
      const entity = entities.get(name);
      return entity === null ? null : item(entity);
    },
    create: (name, given) => item(entities.create(form.read(given, name))),
    update: (name, given) => item(entities.update(form.read(given, name))),
    delete: (name) => entities.delete(name),
  };
}
