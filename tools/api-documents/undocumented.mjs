/** Whether an answer is one that the table of routes has. Pure. */

/**
 * @param {{ status: number, type: string, body: string }} answer
 * @param {any} route Of the table.
 * @param {readonly string[]} codes That it may refuse with.
 * @param {{ ERROR_CATALOGUE: Record<string, { status: number }>, problemSchema: any }} errors
 * @returns {string[]} What is not documented about it.
 */
export function undocumented({ status, type, body }, route, codes, { ERROR_CATALOGUE, problemSchema }) {
  if (type.startsWith('application/problem+json')) {
    const { data, error } = problemSchema.safeParse(JSON.parse(body));
    if (error) return [`the problem document: ${issues(error)}`];
    if (!codes.includes(data.code)) return [`${data.code} is not documented`];
    return ERROR_CATALOGUE[data.code].status === status ? [] : [`${data.code} came with ${status}`];
  }

  const documented = route.answers[status];
  if (!documented) return [`${status} is not documented`];
  if (!documented.schema) {
    const contentType = documented.contentType ?? '';
    return type.startsWith(contentType) ? [] : [`it is ${type}, not ${contentType}`];
  }
  if (!type.startsWith('application/json')) return [`it is ${type}, not JSON`];
  const { error } = documented.schema.safeParse(JSON.parse(body));

  return error ? [issues(error)] : [];
}

/** @param {{ issues: readonly { path: readonly PropertyKey[], message: string }[] }} error */
function issues(error) {
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', ');
}
