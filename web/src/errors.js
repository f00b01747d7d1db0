/** A fault the user can act on: one sentence naming the file, what was expected and what was found. */
export class UserError extends Error {}
