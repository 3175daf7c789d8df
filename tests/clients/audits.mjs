// The audits of the GraphQL-over-HTTP specification, as the package graphql-http has them.
import assert from 'node:assert/strict';
import { serverAudits } from 'graphql-http';

const EXPECTED = 61;

export async function audits(server) {
  const results = [];
  for (const audit of serverAudits({ url: server.http, fetchFn: fetch })) {
    results.push({ name: `${audit.id} ${audit.name}`, ...(await audit.fn()) });
  }
  const bad = results.filter((result) => result.status !== 'ok');
  const report = bad.map((result) => `${result.status}: ${result.name}: ${result.reason}`).join('\n');
  assert.equal(bad.length, 0, `audits not passed:\n${report}`);
  assert.equal(results.length, EXPECTED, 'the package has another number of audits; update the expectation');
  return `${results.length} of ${EXPECTED} audits`;
}
