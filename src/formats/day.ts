/** A day of 24 hours; a calendar's day can be shorter or longer where clocks change. */
export const DAY_MS = 86_400_000;
