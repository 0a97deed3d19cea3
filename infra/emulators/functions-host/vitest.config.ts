import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // schedules must be in UTC on every machine
    env: { TZ: "Europe/Berlin" },
    // real servers on few cores: slow is not wrong
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
