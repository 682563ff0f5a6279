/**
 * A failure that the person at the keyboard can do something about: its message is one whole sentence for them,
 * and is printed without a stack trace. Everything else that is thrown is a mistake of ours.
 */
export class UserError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'UserError';
  }
}

/**
 * Runs a script's main function and turns what it throws into a message and an exit status.
 *
 * @param {() => Promise<number | void>} main Gives the exit status; nothing is 0.
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    process.exitCode = 1;
  }
}
