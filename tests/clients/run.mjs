// Runs every client against one server: node run.mjs http://127.0.0.1:PORT
import { inspect } from 'node:util';
import { audits } from './audits.mjs';
import { graphqlWs } from './graphql-ws.mjs';
import { urql } from './urql.mjs';
import { apollo } from './apollo.mjs';

const base = process.argv[2];
if (!base) {
  console.error('usage: node run.mjs http://HOST:PORT');
  process.exit(2);
}
const server = { http: `${base}/graphql`, ws: `${base.replace(/^http/, 'ws')}/graphql/ws` };

let failed = 0;
for (const [name, test] of Object.entries({ audits, graphqlWs, urql, apollo })) {
  try {
    const said = await test(server);
    console.log(`ok ${name}: ${said}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}: ${error?.stack ?? inspect(error)}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
