/** An id nobody else chooses. `randomUUID` would do, but pages that are not secure have none. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
