import { expect, test } from '@jest/globals';
import type { Producer } from 'mediasoup/types';
import { consumableOnce } from './consumable-once.ts';

test('is looked at once, and nobody can change it', () => {
  let looks = 0;
  class Media {
    get consumableRtpParameters() {
      looks += 1;
      return { codecs: [{ mimeType: 'audio/opus', parameters: { usedtx: 1 } }] };
    }
  }
  const media = new Media() as unknown as Producer;
  const consumable = consumableOnce(media);

  expect(media.consumableRtpParameters).toBe(consumable);
  expect(looks).toBe(1);
  expect(() => Object.assign(consumable.codecs[0]?.parameters ?? {}, { usedtx: 0 })).toThrow(TypeError);
  expect(() => consumable.codecs.pop()).toThrow(TypeError);
});
