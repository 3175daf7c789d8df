// The reference client of graphql-transport-ws.
import WebSocket from 'ws';
import { createClient } from 'graphql-ws';
import { FOLLOW, HEAD, READ, RECEIVE, isFollowed, isRead, received, within } from './documents.mjs';

export async function graphqlWs(server) {
  const client = createClient({ url: server.ws, webSocketImpl: WebSocket, retryAttempts: 0 });
  try {
    const head = (await once(client, HEAD, {})).log.head;
    const feed = client.iterate({ query: FOLLOW, variables: { after: head } });
    const mutated = await once(client, RECEIVE, { source: 'graphql-ws' });
    const lead = received(mutated, 'graphql-ws');
    isRead(await once(client, READ, { id: lead.id }), lead.id, 'graphql-ws');
    const event = await within(5000, 'subscription', feed.next());
    isFollowed(event.value.data, lead.position);
    await feed.return();
    return 'query, mutation and subscription';
  } finally {
    await client.dispose();
  }
}

async function once(client, query, variables) {
  const operation = client.iterate({ query, variables });
  const { value } = await within(5000, 'operation', operation.next());
  await operation.return();
  if (value.errors) throw new Error(JSON.stringify(value.errors));
  return value.data;
}
