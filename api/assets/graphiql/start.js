"use strict";
// Connects GraphiQL with this server; nothing is loaded from anywhere else.
(() => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const fetcher = GraphiQL.createFetcher({
    url: "/graphql",
    wsClient: graphqlWs.createClient({ url: `${scheme}://${location.host}/graphql/ws`, lazy: true }),
  });
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
