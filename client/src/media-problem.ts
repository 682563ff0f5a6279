/** Why a camera or a microphone could not be opened. */

export interface MediaProblem {
  readonly device: 'microphone' | 'camera';
  /**
   * `refused` by the person or the page's policy, `missing` or unplugged, `busy` in another application,
   * `insecure-page` (not HTTPS and not localhost: the browser offers no devices at all).
   */
  readonly kind: 'refused' | 'missing' | 'busy' | 'insecure-page' | 'unknown';
}

/** What the `name` of the DOMException that `getUserMedia` rejects with means. */
export function problemKind(name: string): MediaProblem['kind'] {
  switch (name) {
    case 'NotAllowedError':
      return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    case 'SecurityError':
      return 'insecure-page';
    default:
      return 'unknown';
  }
}
