/** The memory attack of tiny pieces of messages, from a process of its own: what it takes to send is not to be measured. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** 131,000 one-byte pieces of a message, never the last one, on a socket for each address; prints the codes they were closed with. */
const SENDER = `
const { connect } = require('node:net');
const { port, hostname } = new URL(process.argv[1]);
const addresses = JSON.parse(process.argv[2]);
const pieces = Buffer.alloc(131_000 * 7);
for (let at = 0; at < pieces.length; at += 7) pieces.set([at === 0 ? 1 : 0, 0x81, 0, 0, 0, 0, 0x34], at);
const upgradeTo = (address) => 'GET ' + address + ' HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\n' +
  'Upgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n';
const one = (address) => new Promise((resolve) => {
  const socket = connect(port, hostname, () => socket.write(upgradeTo(address)));
  let code = null;
  socket.once('data', () => {
    socket.write(pieces);
    socket.on('data', (data) => {
      const at = data.lastIndexOf(0x88);
      if (at >= 0 && at + 4 <= data.length) code = data.readUInt16BE(at + 2);
      if (code !== null) socket.destroy();
    });
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(code));
});
Promise.all(addresses.map(one)).then((codes) => console.log(JSON.stringify(codes)));
`;

/** Together they send 27.5 MB, of which nothing is kept; all of it kept would be some 390 MB. */
const SOCKETS = 30;
const SOCKET_IO = '/socket.io/?EIO=4&transport=websocket';

/**
 * Sends them on 30 sockets.
 * @param memory of the server, bytes; looked at all the time
 * @param address of each socket; absent: Socket.IO's
 * @returns the close codes, null where the connection was reset before one was read, and by how much the memory grew
 */
export async function sendEndlessFragments(
  url: string,
  memory: () => number,
  address: (socket: number) => string = () => SOCKET_IO,
): Promise<{ codes: (number | null)[]; grewBy: number }> {
  const addresses = Array.from({ length: SOCKETS }, (_, socket) => address(socket));
  const sender = spawn(process.execPath, ['-e', SENDER, url, JSON.stringify(addresses)], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const before = memory();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, memory())), 5);
  const codes = JSON.parse(await text(sender.stdout)) as (number | null)[];
  clearInterval(watch);
  return { codes, grewBy: most - before };
}
