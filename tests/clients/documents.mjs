// The three operations that every client runs, and what their answers must say.
import assert from 'node:assert/strict';

export const RECEIVE = /* GraphQL */ `
  mutation Receive($source: String!) {
    receiveLead(input: { source: $source }) {
      lead { id source status }
      position
      userErrors { code message }
    }
  }
`;

export const READ = /* GraphQL */ `
  query Read($id: ID!) {
    lead(id: $id) { id source status }
  }
`;

export const FOLLOW = /* GraphQL */ `
  subscription Follow($after: Position) {
    events(query: { items: [{ types: [LEAD_RECEIVED] }] }, after: $after) { position type }
  }
`;

export const HEAD = /* GraphQL */ `
  query Head { log { head } }
`;

// The lead of a mutation's data, once it is what was asked for.
export function received(data, source) {
  assert.deepEqual(data.receiveLead.userErrors, []);
  assert.equal(data.receiveLead.lead.source, source);
  assert.equal(data.receiveLead.lead.status, 'NEW');
  assert.match(data.receiveLead.position, /^\d+$/);
  return { id: data.receiveLead.lead.id, position: data.receiveLead.position };
}

export function isRead(data, id, source) {
  assert.equal(data.lead.id, id);
  assert.equal(data.lead.source, source);
}

export function isFollowed(data, position) {
  assert.deepEqual({ ...data.events, __typename: undefined }, { position, type: 'LEAD_RECEIVED', __typename: undefined });
}

// Fails when an answer does not come; a subscription that never speaks must not hang the run.
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
