import { DAY_MS } from "../../formats/day.ts";
import { type Blackout, WEEKDAYS } from "./schedule-definition.ts";

const MINUTE_MS = 60_000;

/** @returns the first blackout that covers this reading of the schedule's wall clock; null when none does */
export function blackoutAt(blackouts: readonly Blackout[], localMs: number): Blackout | null {
  return blackouts.find((blackout) => holds(blackout, localMs)) ?? null;
}

function holds(blackout: Blackout, localMs: number): boolean {
  if (blackout.kind === "dates") {
    return Date.parse(`${blackout.from}Z`) <= localMs && localMs < Date.parse(`${blackout.to}Z`);
  }
  const today = new Date(localMs).getUTCDay();
  const timeOfDayMs = ((localMs % DAY_MS) + DAY_MS) % DAY_MS;
  const [fromMs, toMs] = [timeOfDay(blackout.from), timeOfDay(blackout.to)];
  const begins = (day: number) => blackout.days.some((name) => WEEKDAYS[day] === name);
  if (fromMs < toMs) return begins(today) && fromMs <= timeOfDayMs && timeOfDayMs < toMs;
  return begins(today) && timeOfDayMs >= fromMs
    ? true
    : begins((today + 6) % 7) && timeOfDayMs < toMs;
}

function timeOfDay(text: string): number {
  const [hours, minutes] = text.split(":").map(Number);
  return ((hours ?? 0) * 60 + (minutes ?? 0)) * MINUTE_MS;
}
