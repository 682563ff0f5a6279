/** What this browser and a media server have in common; worked out once and kept, for it takes a while. */
import { Device, type types } from 'mediasoup-client';

export class SfuDevice {
  #key: string | null = null;
  #device: Promise<types.Device> | null = null;

  /**
   * The device for a media server with these capabilities.
   * @throws UnsupportedError of mediasoup-client for a browser that cannot do WebRTC as needed
   */
  load(routerRtpCapabilities: types.RtpCapabilities): Promise<types.Device> {
    const key = JSON.stringify(routerRtpCapabilities);
    if (this.#device && this.#key === key) return this.#device;
    const device = createDevice(routerRtpCapabilities);
    this.#key = key;
    this.#device = device;
    device.catch(() => {
      // The next call tries anew.
      if (this.#device === device) this.#device = null;
    });
    return device;
  }
}

async function createDevice(routerRtpCapabilities: types.RtpCapabilities): Promise<types.Device> {
  const device = new Device();
  await device.load({ routerRtpCapabilities });
  return device;
}
