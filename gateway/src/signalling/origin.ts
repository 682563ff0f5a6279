/** Which web pages may open a connection: browsers do not enforce this for WebSocket, so the server has to. */

/**
 * @param origin the `Origin` header; only browsers send one
 * @param host the `Host` header
 * @param allowed further origins, such as `https://app.example`
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
