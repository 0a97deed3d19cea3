import { everyTurn, startingAnywhere } from "../every-turn.ts";
import { type AnnouncePorts, announceForgotten } from "../ledger/announce-entries.ts";
import type { Ports } from "../ports.ts";
import { catchUp } from "./catch-up.ts";
import { settleStarts } from "./decide-start.ts";
import { type FanOutPorts, fanOutForgotten } from "./fan-out.ts";

type OwedPorts = AnnouncePorts & FanOutPorts & Pick<Ports, "ids">;

const CHORES: readonly ((ports: OwedPorts, fileType: string) => Promise<number>)[] = [
  announceForgotten,
  fanOutForgotten,
  catchUp,
];

/**
 * Settles forgotten work for published files: announcements, fan-outs, and files to subscriptions that are behind. A
 * crash or an outage leaves such debts; the ledger knows each of them.
 *
 * A failure with one file type, or one kind of debt, does not stop the others.
 *
 * @returns how many things were settled
 * @throws the first failure, after an attempt on everything
 */
export async function settleOwed(ports: OwedPorts): Promise<number> {
  await settleStarts(ports);
  const fileTypes = startingAnywhere(await ports.ledger.fileTypes(), ports.ids.guid());
  return everyTurn(fileTypes, async (fileType) =>
    (await ports.ledger.owesAnything(fileType))
      ? everyTurn(CHORES, (chore) => chore(ports, fileType))
      : 0,
  );
}
