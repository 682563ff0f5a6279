/** Chat in a call: messages are stored, sent once however often they are asked for, and read page by page. */
import { z } from 'zod';
import { callIdSchema, participantIdSchema } from './ids.ts';
import { visibleLines } from './visible-text.ts';

/** Longest message, UTF-16 code units. */
export const MAX_CHAT_LENGTH = 4_000;

export const chatMessageSchema = z.object({
  callId: callIdSchema,
  messageId: z.string(),
  participantId: participantIdSchema,
  userId: z.string(),
  displayName: z.string(),
  text: z.string(),
  /** When the gateway took it, ISO 8601. */
  at: z.iso.datetime(),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;

export const chatSendRequestSchema = z.object({
  callId: callIdSchema,
  /** What is left of it without invisible characters must not be empty. */
  text: z
    .string()
    .max(MAX_CHAT_LENGTH)
    .transform(visibleLines)
    .refine((text) => text !== '', 'is empty'),
  /** Chosen by the client, unique in its session: sent again under it, a message is not doubled. */
  clientMessageId: z.string().regex(/^[\w.:-]{1,64}$/, 'must be 1-64 characters of A-Z a-z 0-9 _ . : -'),
});
export const chatSendAnswerSchema = z.object({ messageId: z.string(), at: z.iso.datetime() });

export const chatHistoryRequestSchema = z.object({
  callId: callIdSchema,
  /** Messages a page (1 to 200). */
  limit: z.int().min(1).max(200).default(50),
  /** `nextCursor` of the page before; absent: the newest messages. */
  cursor: z.string().max(256).optional(),
});
export const chatHistoryAnswerSchema = z.object({
  /** Oldest first. */
  messages: z.array(chatMessageSchema),
  /** For the page of older messages; null: there are none. */
  nextCursor: z.string().nullable(),
});
