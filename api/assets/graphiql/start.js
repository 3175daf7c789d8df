"use strict";
// Connects GraphiQL with this server; nothing is loaded from anywhere else.
(() => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  // What stands under "Headers" goes to sockets as well, when they connect: a key, say.
  let headers = {};
  const ask = GraphiQL.createFetcher({
    url: "/graphql",
    wsClient: graphqlWs.createClient({
      url: `${scheme}://${location.host}/graphql/ws`,
      lazy: true,
      connectionParams: () => headers,
    }),
  });
  const fetcher = (params, options) => {
    headers = (options && options.headers) || {};
    return ask(params, options);
  };
  const firstQuery = `# Letopis keeps what happened. Ask it:
query Welcome {
  log { head recordedAt }
  accounts(first: 5) {
    nodes { id name timeline(first: 10) { nodes { occurredAt type summary } } }
  }
}
`;
  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, { fetcher, defaultQuery: firstQuery, defaultEditorToolsVisibility: true }),
  );
})();
