// Apollo Client, with its HTTP and graphql-ws links.
import WebSocket from 'ws';
import { createClient as createWsClient } from 'graphql-ws';
import apolloCore from '@apollo/client/core/core.cjs';
import apolloWs from '@apollo/client/link/subscriptions/subscriptions.cjs';
import { FOLLOW, HEAD, READ, RECEIVE, isFollowed, isRead, received, within } from './documents.mjs';

const { ApolloClient, HttpLink, InMemoryCache, gql, split } = apolloCore;
const { GraphQLWsLink } = apolloWs;

export async function apollo(server) {
  const ws = createWsClient({ url: server.ws, webSocketImpl: WebSocket, retryAttempts: 0 });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: split(isSubscription, new GraphQLWsLink(ws), new HttpLink({ uri: server.http, fetch })),
    defaultOptions: { query: { fetchPolicy: 'network-only' } },
  });
  try {
    const head = (await done(client.query({ query: gql(HEAD) }))).log.head;
    const event = first(client.subscribe({ query: gql(FOLLOW), variables: { after: head } }));
    const mutated = await done(client.mutate({ mutation: gql(RECEIVE), variables: { source: 'apollo' } }));
    const lead = received(mutated, 'apollo');
    isRead(await done(client.query({ query: gql(READ), variables: { id: lead.id } })), lead.id, 'apollo');
    isFollowed(await within(5000, 'subscription', event), lead.position);
    return 'query, mutation and subscription';
  } finally {
    client.stop();
    await ws.dispose();
  }
}

function isSubscription({ query }) {
  return query.definitions.some((definition) => definition.operation === 'subscription');
}

async function done(operation) {
  const result = await within(5000, 'operation', operation);
  if (result.errors) throw new Error(JSON.stringify(result.errors));
  return result.data;
}

function first(observable) {
  return new Promise((resolve, reject) => {
    const subscription = observable.subscribe({
      next: (result) => {
        queueMicrotask(() => subscription.unsubscribe());
        resolve(result.data);
      },
      error: reject,
    });
  });
}
