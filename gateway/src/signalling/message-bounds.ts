/** How deep and how wide messages may be: an answer of a browser to "what can you receive" is the widest there is. */
export const MESSAGE_BOUNDS = { depth: 16, elements: 256 };
