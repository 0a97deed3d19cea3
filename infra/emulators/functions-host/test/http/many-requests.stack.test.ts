import { Agent, request } from "node:http";
import { expect, test } from "vitest";
import { startAppForTest } from "../start-app.ts";

const SOCKETS = 128;
const REQUESTS = 8 * SOCKETS;

test("of 1,024 requests over 128 connections none waits while the others come and go", async () => {
  const { port } = await startAppForTest("streamed.mjs");
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  let answers = 0;
  /** @returns how many others were answered between the sending of a request and its own answer */
  const overtakers = () =>
    new Promise<number>((resolve, reject) => {
      let before = 0;
      request({ host: "127.0.0.1", port, path: "/api/echo/1", agent }, (answer) => {
        answer.resume().once("end", () => {
          resolve(answers - before);
          answers += 1;
        });
      })
        .once("socket", () => {
          before = answers;
        })
        .once("error", reject)
        .end();
    });

  const overtaken = await Promise.all(Array.from({ length: REQUESTS }, overtakers));

  agent.destroy();
  expect(Math.max(...overtaken)).toBeLessThan(3 * SOCKETS);
});
