/** The root: an empty route would mean the function's name. */
export const HOME = { id: "home", route: "{ignored:maxlength(0)?}" } as const;
