// urql, with its fetch and subscription exchanges.
import WebSocket from 'ws';
import { createClient as createWsClient } from 'graphql-ws';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { pipe, subscribe } from 'wonka';
import { FOLLOW, HEAD, READ, RECEIVE, isFollowed, isRead, received, within } from './documents.mjs';

export async function urql(server) {
  const ws = createWsClient({ url: server.ws, webSocketImpl: WebSocket, retryAttempts: 0 });
  const client = new Client({
    url: server.http,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription: (request) => forward(ws, request) })],
  });
  try {
    const head = (await done(client.query(HEAD, {}))).log.head;
    const event = first(client.subscription(FOLLOW, { after: head }));
    const lead = received(await done(client.mutation(RECEIVE, { source: 'urql' })), 'urql');
    isRead(await done(client.query(READ, { id: lead.id })), lead.id, 'urql');
    isFollowed(await within(5000, 'subscription', event), lead.position);
    return 'query, mutation and subscription';
  } finally {
    await ws.dispose();
  }
}

function forward(ws, request) {
  return {
    subscribe: (sink) => ({ unsubscribe: ws.subscribe({ query: request.query, variables: request.variables }, sink) }),
  };
}

async function done(operation) {
  const result = await within(5000, 'operation', operation.toPromise());
  if (result.error) throw result.error;
  return result.data;
}

function first(source) {
  return new Promise((resolve, reject) => {
    const { unsubscribe } = pipe(
      source,
      subscribe((result) => {
        queueMicrotask(() => unsubscribe());
        if (result.error) reject(result.error);
        else resolve(result.data);
      }),
    );
  });
}
