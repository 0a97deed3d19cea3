import { DAY_MS } from "../formats/day.ts";
import { AppError } from "./errors.ts";
import type { Ports } from "./ports.ts";

/**
 * Checks the age limit of a clean-up request. @throws AppError `request-invalid` when it is fewer than `days` days ago
 */
export function requireAge(ports: Pick<Ports, "clock">, olderThan: Date, days: number): void {
  if (ports.clock.now().getTime() - olderThan.getTime() < days * DAY_MS) {
    const message = `must be at least ${days === 1 ? "a day" : `${days} days`} ago`;
    throw new AppError("request-invalid", `Cannot clean up: olderThan ${message}`, {
      problems: [{ field: "olderThan", message }],
    });
  }
}
