/** The services of the probes' benchmark: one process that is well on every port it is told. */
import { once } from 'node:events';
import { createServer } from 'node:http';

for (const port of process.argv.slice(2)) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"ok":true}');
  });
  server.listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
}
process.send?.('ready');
process.on('disconnect', () => process.exit());
