/** What an application or an operator asks of one call, where it differs from what is set for all. */
import { z } from 'zod';

/** What only a media server can do for a call: as long as one is needed, the call stays on the SFU. */
export const requirementSchema = z.enum(['recording', 'transcription', 'push-to-talk']);
export type Requirement = z.infer<typeof requirementSchema>;

/**
 * Of one call. Comes with the token of whoever starts it (claim `policy`, so an application's server decides, not its
 * client), or from a moderator through `PATCH /api/calls/:id`. What is absent is as set for the deployment.
 */
export const callPolicySchema = z.object({
  /** `auto`: as the rules select; `sfu`: always the media server; `p2p`: peer-to-peer as long as the mesh is not too large. */
  mode: z.enum(['auto', 'p2p', 'sfu']).optional(),
  /** Up to this many participants the call is peer-to-peer (1 to 8). */
  p2pMaxParticipants: z.int().min(1).max(8).optional(),
  /** Most participants in the call (1 to 10,000); never more than the deployment's. */
  maxParticipants: z.int().min(1).max(10_000).optional(),
  requires: z.array(requirementSchema).max(requirementSchema.options.length).optional(),
  /** `sfu`: while somebody shares a screen the call is on the media server. */
  screenShare: z.enum(['any', 'sfu']).optional(),
  /** `sfu`: a call of which a peer-to-peer path is relayed by TURN goes to the media server. */
  relayed: z.enum(['allow', 'sfu']).optional(),
});
export type CallPolicyOverrides = z.infer<typeof callPolicySchema>;
