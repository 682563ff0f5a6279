/** What an application or an operator asks of one call, where it differs from what is set for all. */
import { z } from 'zod';

/** What only a media server can do for a call: as long as one is needed, the call stays on the SFU. */
export const requirementSchema = z.enum(['recording', 'transcription', 'push-to-talk']);
export type Requirement = z.infer<typeof requirementSchema>;

const fields = {
  /** `auto`: as the rules select; `sfu`: always the media server; `p2p`: peer-to-peer as long as the mesh is not too large. */
  mode: z.enum(['auto', 'p2p', 'sfu']),
  /** Up to this many participants the call is peer-to-peer (1 to 8). */
  p2pMaxParticipants: z.int().min(1).max(8),
  /** Most participants in the call (1 to 10,000); never more than the deployment's. */
  maxParticipants: z.int().min(1).max(10_000),
  requires: z.array(requirementSchema).max(requirementSchema.options.length),
  /** `sfu`: while somebody shares a screen the call is on the media server. */
  screenShare: z.enum(['any', 'sfu']),
  /** `sfu`: a call of which a peer-to-peer path is relayed by TURN goes to the media server. */
  relayed: z.enum(['allow', 'sfu']),
};

/**
 * Of one call. Comes with the token of whoever starts it (claim `policy`, so an application's server decides, not its
 * client), or from a moderator through `PATCH /api/calls/:id`. What is absent is as set for the deployment.
 */
export const callPolicySchema = z.object(fields).partial();
export type CallPolicyOverrides = z.infer<typeof callPolicySchema>;

/** What is to change of it: what is absent stays, what is null is as set for the deployment again. */
export const callPolicyChangeSchema = z
  .strictObject({
    mode: fields.mode.nullable(),
    p2pMaxParticipants: fields.p2pMaxParticipants.nullable(),
    maxParticipants: fields.maxParticipants.nullable(),
    requires: fields.requires.nullable(),
    screenShare: fields.screenShare.nullable(),
    relayed: fields.relayed.nullable(),
  })
  .partial();
export type CallPolicyChange = z.infer<typeof callPolicyChangeSchema>;
