/** The claims of both kinds of JSON Web Token. */
import { z } from 'zod';
import { callPolicySchema } from './call-policy.ts';
import { floorPrioritySchema } from './floor.ts';
import { callIdSchema } from './ids.ts';

export const SERVICE_AUDIENCE = 'media-server';
export const USER_AUDIENCE = 'gateway';

/** One audience, or several with this one among them (RFC 7519, 4.1.3). */
function audience<A extends string>(own: A) {
  return z.union([
    z.literal(own),
    z.array(z.string()).refine((audiences) => audiences.includes(own), `must have ${own} in it`),
  ]);
}

/** For the media server's API and feed: a gateway, or a dashboard with `scope: 'read'`. */
export const serviceClaimsSchema = z.object({
  aud: audience(SERVICE_AUDIENCE),
  typ: z.literal('service'),
  scope: z.literal('read').optional(),
  sub: z.string().max(128).optional(),
  /** Expiry, seconds since 1970; always there, checked by the verifier. */
  exp: z.number(),
});
export type ServiceClaims = z.infer<typeof serviceClaimsSchema>;

/** What a user may do in a call. What is absent is allowed, except moderating. */
export const grantsSchema = z.object({
  publish: z.boolean().default(true),
  subscribe: z.boolean().default(true),
  moderate: z.boolean().default(false),
  /** Send chat messages; absent: whoever may publish may. */
  chat: z.boolean().optional(),
  /**
   * In a call of push-to-talk, the highest priority this user may ask to speak with (0 to 255). Absent: 0, so they wait
   * for whoever speaks and interrupt nobody.
   */
  floorPriority: floorPrioritySchema.optional(),
});
export type Grants = z.infer<typeof grantsSchema>;

/** A call id, or a pattern: `*` stands for any run of characters. */
export const callPatternSchema = z.string().regex(/^[A-Za-z0-9_.:*-]{1,128}$/);

/** For the gateway: one user. */
export const userClaimsSchema = z.object({
  aud: audience(USER_AUDIENCE),
  typ: z.literal('user'),
  /** The user's id in the product that embeds the call. */
  sub: z.string().min(1).max(128),
  name: z.string().min(1).max(128).optional(),
  /** The calls this token is good for; absent: any. */
  calls: z.array(callPatternSchema).max(100).optional(),
  grants: grantsSchema.prefault({}),
  /** Of the call this user starts; ignored by a call that is there already. */
  policy: callPolicySchema.optional(),
  /** Expiry, seconds since 1970; always there, checked by the verifier. */
  exp: z.number(),
});
export type UserClaims = z.infer<typeof userClaimsSchema>;

/** Whether a token's `calls` claim covers this call. */
export function allowsCall(patterns: readonly string[] | undefined, callId: string): boolean {
  if (!patterns) return true;
  return patterns.some((pattern) => matches(pattern, callId));
}

/** Glob match without a regular expression, so that no pattern can be made slow. */
function matches(pattern: string, text: string): boolean {
  const [head = '', ...parts] = pattern.split('*');
  const tail = parts.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head)) return false;
  let at = head.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - tail.length >= at && text.endsWith(tail);
}

/** Body of `POST /api/tokens` (development only). */
export const tokenRequestSchema = z.object({
  /** Shown to the others in the call. */
  name: z.string().trim().min(1).max(64),
  callId: callIdSchema.optional(),
  userId: z.string().min(1).max(128).optional(),
  grants: grantsSchema.optional(),
  policy: callPolicySchema.optional(),
});
export const tokenAnswerSchema = z.object({
  token: z.string(),
  userId: z.string(),
  expiresAt: z.iso.datetime(),
});
export type TokenAnswer = z.infer<typeof tokenAnswerSchema>;
