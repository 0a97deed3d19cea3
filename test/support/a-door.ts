import { z } from "zod";
import { AppError } from "../../src/domain/errors.ts";
import type { Ports, Principal } from "../../src/domain/ports.ts";
import type { Door, DoorPorts } from "../../src/functions/http/door.ts";
import { handlerOf } from "../../src/functions/http/open-doors.ts";
import { jsonLog } from "../../src/stores/json-log.ts";

const FINE: Door["handle"] = async () => ({ status: 200, json: { fine: true } });

export const PARTNER: Principal = {
  applicationId: "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11",
  roles: [],
};
export const OPERATOR: Principal = { ...PARTNER, roles: ["Some.Other", "Waybill.Operator"] };
export const AUTHORIZED = { headers: { authorization: "Bearer good" } };

/** A door for anyone that answers `{"fine": true}`; the given members replace its own. */
export function aDoor(facts: Partial<Door> = {}): Door {
  return {
    id: "some-door",
    tag: { name: "Some", description: "Some doors." },
    caller: "anyone",
    method: "get",
    path: "/api/x",
    summary: "Ask",
    description: "Answers.",
    answers: { 200: { description: "Fine.", json: z.object({ fine: z.boolean() }) } },
    handle: FINE,
    ...facts,
  };
}

/** The ports of doors; those that are not given are missing. */
export function doorPorts(ports: Partial<Ports>): DoorPorts {
  const site = {
    publicBaseUrl: "https://waybill.example",
    audiences: ["api://waybill"],
    operatorRole: "Waybill.Operator",
    maxBodyBytes: 16_777_216,
  };
  return { ...ports, site } as unknown as DoorPorts;
}

/** Doors that know one caller by its token, and the log lines that they write. */
export function doorsFor(principal: Principal, maxRequests = Number.POSITIVE_INFINITY) {
  const counted: string[] = [];
  const lines: string[] = [];
  const verified: string[] = [];
  const ports = doorPorts({
    log: jsonLog((line) => lines.push(line)),
    tokens: {
      verify: async (token) => {
        verified.push(token);
        if (token !== "good" && token !== "A-._~+/9=") {
          throw new AppError("token-invalid", "Cannot accept the token: it is bad");
        }
        return principal;
      },
    },
  });
  const countRequest = (applicationId: string) => {
    counted.push(applicationId);
    if (counted.length > maxRequests) {
      throw new AppError("rate-exceeded", "Cannot answer now");
    }
  };
  const open = (facts: Partial<Door>) => handlerOf(aDoor(facts), ports, countRequest);
  return {
    open,
    partner: (handle: Door["handle"] = FINE) => open({ caller: "partner", handle }),
    operator: (handle: Door["handle"] = FINE) => open({ caller: "operator", handle }),
    anyone: (handle: Door["handle"] = FINE) => open({ caller: "anyone", handle }),
    ...{ lines, verified, counted, logged: () => lines.map((line) => JSON.parse(line)) },
  };
}
