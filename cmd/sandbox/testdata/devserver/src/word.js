export const word = "before"
