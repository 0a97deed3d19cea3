import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { freePort } from "../../../infra/local/listen.ts";

const EPHEMERAL = "/proc/sys/net/ipv4/ip_local_port_range";

test("a port that is named before anybody listens is none that outgoing connections are given", async ({
  skip,
}) => {
  skip(process.platform !== "linux", "reads the range from Linux");
  const [first = 0] = readFileSync(EPHEMERAL, "utf8").trim().split(/\s+/).map(Number);

  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));

  expect(Math.max(...ports)).toBeLessThan(first);
});
