/** Runs the Postman collection, and holds every answer against the OpenAPI document. */
import newman from 'newman';

/**
 * @typedef {object} Ran
 * @property {number} passed Tests of the collection.
 * @property {readonly string[]} failed By name, with why.
 * @property {readonly { item: { id: string, name: string }, status: number, type: string, body: string }[]} answers
 */

/**
 * @param {object} collection Newman may change it.
 * @param {object} environment
 * @param {Record<string, string>} variables Of the environment, for this run.
 * @returns {Promise<Ran>}
 */
export function runCollection(collection, environment, variables) {
  const envVar = Object.entries(variables).map(([key, value]) => ({ key, value }));

  return new Promise((resolve, reject) => {
    newman.run(
      {
        collection,
        environment,
        envVar,
        timeoutRequest: 10_000,
      },
      (error, summary) => {
        if (error) reject(error);
        else resolve(readSummary(summary));
      },
    );
  });
}

/**
 * @param {import('newman').NewmanRunSummary} summary
 * @returns {Ran}
 */
function readSummary({ run }) {
  const { total = 0, failed = 0 } = run.stats.assertions;

  return {
    passed: total - failed,
    // A script that throws, or a request without an answer, is a failure without an assertion.
    failed: run.failures.map(
      ({ source, error }) => `${source?.name ?? 'the collection'}: ${error.name}: ${error.message}`,
    ),
    answers: run.executions.flatMap(({ item, response }) =>
      response
        ? [
            {
              item: { id: item.id, name: item.name },
              status: response.code,
              type: response.headers.get('Content-Type') ?? '',
              body: response.text(),
            },
          ]
        : [],
    ),
  };
}
