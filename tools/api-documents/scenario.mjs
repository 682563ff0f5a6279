/**
 * What the Postman collection does, in this order: the whole life of a call of two, and then what is refused. Each step
 * is one operation of the OpenAPI document; its example is the body, with the changes that are here.
 */

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} operation The operationId.
 * @property {number} status Of the answer.
 * @property {Record<string, string>} [path] What stands for the parameters of the path.
 * @property {Record<string, string>} [query]
 * @property {Record<string, string>} [headers] Beyond the usual ones.
 * @property {'none' | 'read'} [token] Absent: one that may do everything.
 * @property {object} [body] What differs from the example; lists are replaced. `raw` below puts numbers and objects.
 * @property {string} [rawBody] Instead of any JSON.
 * @property {readonly string[]} [before] Statements that run before it is sent.
 * @property {string} [code] Of the problem document that it is answered with.
 * @property {Readonly<Record<string, string>>} [tests] Statements, by what they show; `answer` is the body.
 * @property {Readonly<Record<string, string>>} [keep] Variables for later steps, and what of the answer they are.
 */

/**
 * A variable that is no string: put into the body without quotation marks.
 *
 * @param {string} variable
 */
const raw = (variable) => `{{raw:${variable}}}`;

const room = { roomId: '{{roomId}}' };
/** @param {string} variable */
const inRoom = (variable) => ({ ...room, id: `{{${variable}}}` });

/** @type {readonly Step[]} */
const LIFE = [
  {
    name: 'The server is alive',
    operation: 'getHealth',
    status: 200,
    tests: { 'says so': "pm.expect(answer.status).to.equal('ok');" },
  },
  {
    name: 'The server takes rooms',
    operation: 'getReadiness',
    status: 200,
    tests: { 'every check is good': 'pm.expect(Object.values(answer.checks)).to.not.include(false);' },
  },
  {
    name: 'Create the room',
    operation: 'createRoom',
    status: 201,
    path: room,
    before: [
      '// A room and a stream of its own for every run.',
      "pm.collectionVariables.set('roomId', `postman-${pm.variables.replaceIn('{{$guid}}')}`);",
      "pm.collectionVariables.set('ssrc', String(1 + Math.floor(Math.random() * 0xfffffffe)));",
    ],
    tests: {
      'is the room that was asked for':
        "pm.expect(answer.roomId).to.equal(pm.collectionVariables.get('roomId'));\npm.expect(answer.epoch).to.equal(1);",
      'tells what it can receive':
        "pm.expect(answer.rtpCapabilities.codecs.map(({ mimeType }) => mimeType)).to.include('audio/opus');",
    },
    keep: { rtpCapabilities: 'JSON.stringify(answer.rtpCapabilities)', bootId: 'answer.bootId' },
  },
  {
    name: 'Create it again: it is there',
    operation: 'createRoom',
    status: 200,
    path: room,
    tests: { 'is the same': "pm.expect(answer.bootId).to.equal(pm.collectionVariables.get('bootId'));" },
  },
  {
    name: 'List the rooms',
    operation: 'listRooms',
    status: 200,
    query: { limit: '200' },
    tests: {
      'has ours, unless there are more pages':
        "const ids = answer.rooms.map(({ roomId }) => roomId);\npm.expect(ids.includes(pm.collectionVariables.get('roomId')) || answer.nextCursor !== null).to.equal(true);",
    },
  },
  {
    name: 'A transport for Ann, who sends',
    operation: 'createTransport',
    status: 201,
    path: room,
    body: { participantId: 'ann', direction: 'send', sctp: true },
    tests: {
      'can be reached': 'pm.expect(answer.iceCandidates).to.not.be.empty;',
      'has a certificate': 'pm.expect(answer.dtlsParameters.fingerprints).to.not.be.empty;',
    },
    keep: { sendTransportId: 'answer.id' },
  },
  {
    name: 'A transport for Ben, who receives',
    operation: 'createTransport',
    status: 201,
    path: room,
    body: { participantId: 'ben', direction: 'recv', sctp: true },
    keep: { recvTransportId: 'answer.id' },
  },
  {
    name: "Connect Ann's transport",
    operation: 'connectTransport',
    status: 200,
    path: inRoom('sendTransportId'),
    tests: { 'is connected': 'pm.expect(answer.connected).to.equal(true);' },
  },
  {
    name: "Connect Ben's transport",
    operation: 'connectTransport',
    status: 200,
    path: inRoom('recvTransportId'),
  },
  {
    name: "Ann's network has changed: restart ICE",
    operation: 'restartIce',
    status: 200,
    path: inRoom('sendTransportId'),
    tests: { 'has new credentials': 'pm.expect(answer.iceParameters.usernameFragment).to.not.be.empty;' },
  },
  {
    name: 'Ann sends her microphone',
    operation: 'produce',
    status: 201,
    path: inRoom('sendTransportId'),
    body: { rtpParameters: { encodings: [{ ssrc: raw('ssrc') }] } },
    keep: { producerId: 'answer.id' },
  },
  {
    name: 'Ben receives it',
    operation: 'consume',
    status: 201,
    path: room,
    body: {
      transportId: '{{recvTransportId}}',
      producerId: '{{producerId}}',
      rtpCapabilities: raw('rtpCapabilities'),
    },
    tests: {
      "is of Ann's producer":
        "pm.expect(answer.producerId).to.equal(pm.collectionVariables.get('producerId'));\npm.expect(answer.kind).to.equal('audio');",
    },
    keep: { consumerId: 'answer.id' },
  },
  { name: 'Ben is ready: resume', operation: 'resumeConsumer', status: 200, path: inRoom('consumerId') },
  { name: 'Ask for a key frame', operation: 'requestKeyFrame', status: 200, path: inRoom('consumerId') },
  {
    name: 'It may wait when bandwidth is short',
    operation: 'patchConsumer',
    status: 200,
    path: inRoom('consumerId'),
    // Layers are for simulcast and SVC.
    body: { preferredLayers: undefined, priority: 1 },
  },
  {
    name: 'Ben does not want to hear it',
    operation: 'pauseConsumer',
    status: 200,
    path: inRoom('consumerId'),
  },
  { name: 'Ann mutes herself', operation: 'pauseProducer', status: 200, path: inRoom('producerId') },
  {
    name: 'Everything that is in the room',
    operation: 'getRoom',
    status: 200,
    path: room,
    tests: {
      'has both of them':
        "pm.expect(answer.participants.map(({ participantId }) => participantId)).to.have.members(['ann', 'ben']);",
      "has Ann's producer, muted":
        "const { producerId, paused } = answer.producers[0];\npm.expect({ producerId, paused }).to.eql({ producerId: pm.collectionVariables.get('producerId'), paused: true });",
      'counts its events': 'pm.expect(answer.seq).to.be.above(0);',
    },
  },
  { name: 'Ann speaks again', operation: 'resumeProducer', status: 200, path: inRoom('producerId') },
  {
    name: 'Rates, losses and scores',
    operation: 'getRoomStats',
    status: 200,
    path: room,
    tests: {
      'are of both':
        "pm.expect(answer.participants.map(({ participantId }) => participantId)).to.include.members(['ann', 'ben']);",
    },
  },
  {
    name: 'Ann opens a data channel',
    operation: 'produceData',
    status: 201,
    path: inRoom('sendTransportId'),
    keep: { dataProducerId: 'answer.id' },
  },
  {
    name: 'Ben receives that too',
    operation: 'consumeData',
    status: 201,
    path: room,
    body: { transportId: '{{recvTransportId}}', dataProducerId: '{{dataProducerId}}' },
    tests: { 'has its label': "pm.expect(answer.label).to.equal('chat');" },
  },
  {
    name: 'How full the server is',
    operation: 'getNode',
    status: 200,
    tests: {
      'is the same server': "pm.expect(answer.bootId).to.equal(pm.collectionVariables.get('bootId'));",
      'has workers': 'pm.expect(answer.workers.up).to.not.be.empty;',
    },
  },
  { name: 'Its metrics', operation: 'getMetrics', status: 200 },
];

/** While everything of LIFE is there. @type {readonly Step[]} */
const REFUSED = [
  { name: 'Without a token', operation: 'listRooms', status: 401, token: 'none', code: 'unauthenticated' },
  {
    name: 'Change something with a token for reading',
    operation: 'deleteRoom',
    status: 403,
    path: room,
    token: 'read',
    code: 'forbidden',
  },
  {
    name: 'A room that does not exist',
    operation: 'getRoom',
    status: 404,
    path: { roomId: '{{roomId}}-not' },
    code: 'room-not-found',
  },
  {
    name: "Somebody else's transport looks like none",
    operation: 'restartIce',
    status: 404,
    path: inRoom('sendTransportId'),
    headers: { 'x-participant-id': 'ben' },
    code: 'transport-not-found',
  },
  {
    name: 'Connect twice',
    operation: 'connectTransport',
    status: 409,
    path: inRoom('sendTransportId'),
    code: 'transport-already-connected',
  },
  {
    name: 'Act under an older epoch',
    operation: 'pauseProducer',
    status: 409,
    path: inRoom('producerId'),
    headers: { 'x-room-epoch': '0' },
    code: 'stale-epoch',
  },
  {
    name: 'Send over the transport for receiving',
    operation: 'produce',
    status: 409,
    path: inRoom('recvTransportId'),
    code: 'wrong-transport-direction',
  },
  {
    name: 'Something that is not JSON',
    operation: 'createTransport',
    status: 400,
    path: room,
    rawBody: '{ "participantId": ',
    code: 'malformed-json',
  },
  {
    name: 'A stream id that does not exist in RTP',
    operation: 'produce',
    status: 422,
    path: inRoom('sendTransportId'),
    body: { rtpParameters: { encodings: [{ ssrc: -1 }] } },
    code: 'validation-failed',
    tests: {
      'says where':
        "pm.expect(answer.errors.map(({ path }) => path)).to.include('rtpParameters.encodings.0.ssrc');",
    },
  },
  {
    name: 'A key for the first request',
    operation: 'createRoom',
    status: 201,
    path: { roomId: '{{roomId}}-once' },
    headers: { 'idempotency-key': '{{roomId}}' },
  },
  {
    name: 'The same again: the same answer, not 200',
    operation: 'createRoom',
    status: 201,
    path: { roomId: '{{roomId}}-once' },
    headers: { 'idempotency-key': '{{roomId}}' },
  },
  {
    name: 'The same key for another request',
    operation: 'createRoom',
    status: 422,
    path: { roomId: '{{roomId}}-twice' },
    headers: { 'idempotency-key': '{{roomId}}' },
    code: 'idempotency-key-reused',
  },
];

/** @type {readonly Step[]} */
const END = [
  { name: 'Close the consumer', operation: 'deleteConsumer', status: 204, path: inRoom('consumerId') },
  { name: 'Close the producer', operation: 'deleteProducer', status: 204, path: inRoom('producerId') },
  {
    name: "Close Ann's transport",
    operation: 'deleteTransport',
    status: 204,
    path: inRoom('sendTransportId'),
  },
  { name: 'Ben leaves', operation: 'leave', status: 204, path: { ...room, id: 'ben' } },
  {
    name: 'Nobody is there any more',
    operation: 'getRoom',
    status: 200,
    path: room,
    tests: { 'is empty': 'pm.expect(answer.participants).to.be.empty;' },
  },
  { name: 'Delete the room', operation: 'deleteRoom', status: 204, path: room },
  { name: 'It is gone', operation: 'getRoom', status: 404, path: room, code: 'room-not-found' },
];

/** @type {readonly Step[]} */
const DRAIN = [
  {
    name: 'Drain the server',
    operation: 'startDrain',
    status: 200,
    tests: { 'takes no rooms': 'pm.expect(answer.accepting).to.equal(false);' },
  },
  {
    name: 'No new rooms',
    operation: 'createRoom',
    status: 503,
    path: room,
    code: 'draining',
    tests: {
      'says when to ask again': "pm.expect(Number(pm.response.headers.get('Retry-After'))).to.be.above(0);",
    },
  },
  {
    name: 'Cancel the drain',
    operation: 'cancelDrain',
    status: 200,
    tests: { 'is not draining': "pm.expect(answer.drain.state).to.equal('none');" },
  },
];

/** @type {readonly Step[]} */
const DOCUMENTS = [
  {
    name: 'The REST API',
    operation: 'getOpenApi',
    status: 200,
    tests: { 'is OpenAPI 3.1': 'pm.expect(answer.openapi).to.match(/^3\\.1\\./);' },
  },
  {
    name: 'The event feed',
    operation: 'getAsyncApi',
    status: 200,
    tests: { 'is AsyncAPI 3': 'pm.expect(answer.asyncapi).to.match(/^3\\./);' },
  },
  { name: 'The page to read and try it', operation: 'getDocs', status: 200 },
];

/** @type {readonly { name: string, description: string, steps: readonly Step[] }[]} */
export const FOLDERS = [
  {
    name: '1 A call of two',
    description: 'Ann sends, Ben receives. Each request uses what those before it were answered.',
    steps: LIFE,
  },
  {
    name: '2 What is refused',
    description: 'While the call of the first folder is there. Every refusal is a problem document.',
    steps: REFUSED,
  },
  { name: '3 The end', description: 'Everything is closed again, from the inside out.', steps: END },
  { name: '4 Documents', description: 'For anyone, without a token.', steps: DOCUMENTS },
  {
    name: '5 A drain',
    description:
      'WARNING: the first request drains the whole server: no new rooms, for anybody, until the last request has called it ' +
      'off, and if that is not run in time every room is closed. Leave this folder out on a server that others use.',
    steps: DRAIN,
  },
];
