/** A process that answers every request with an empty object: what HTTP between two Node processes costs at least. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.resume().once('end', () => response.setHeader('Content-Type', 'application/json').end('{}'));
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({
    type: 'ready',
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
  });
});
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
