/** The rooms of Socket.IO that messages of a call are sent to. */
export const callRoom = (callId: string) => `call/${callId}`;
export const participantRoom = (callId: string, participantId: string) =>
  `participant/${callId}/${participantId}`;
