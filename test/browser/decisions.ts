/** Why a call runs where it runs, as the gateway tells anybody who may be in it. */

/** The rules that fired so far, oldest first. */
export async function rulesOf(gatewayUrl: string, callId: string): Promise<string[]> {
  const ask = async (path: string, init: RequestInit): Promise<unknown> => {
    const answer = await fetch(`${gatewayUrl}/api${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  };
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ userId: 'reader', name: 'Reader' });
  const { token } = (await ask('/tokens', { method: 'POST', headers, body })) as { token: string };
  const authorization = `Bearer ${token}`;
  const { decisions } = (await ask(`/calls/${callId}/decisions`, { headers: { authorization } })) as {
    decisions: { rule: string }[];
  };
  return decisions.map(({ rule }) => rule);
}
