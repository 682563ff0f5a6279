/**
 * What this browser and a media server have in common. The browser's part takes two throw-away connections to find out,
 * a good part of a second on a slow machine: it is asked once a page, and can be asked ahead, so that neither joining nor
 * a switch waits for it.
 */
import { detectDevice, Device, type types } from 'mediasoup-client';
import { Chrome111 } from 'mediasoup-client/handlers/Chrome111';

type Native = Promise<types.RtpCapabilities>;

/** What the browser can do, by direction: the same for every call of this page. */
const native = new Map<string, Native>();

/** Asks the browser ahead what it can do, in a quiet moment; asking again costs nothing. */
export function askBrowser(): void {
  const factory = handlerFactory();
  void factory
    ?.getNativeRtpCapabilities({ direction: 'recvonly' })
    .then(() => factory.getNativeRtpCapabilities({ direction: 'sendonly' }))
    // Loading tries anew, and tells.
    .catch(() => undefined);
}

export class SfuDevice {
  #key: string | null = null;
  #device: Promise<types.Device> | null = null;

  /**
   * The device for a media server with these capabilities; worked out once and kept.
   * @throws UnsupportedError of mediasoup-client for a browser that cannot do WebRTC as needed
   */
  load(routerRtpCapabilities: types.RtpCapabilities): Promise<types.Device> {
    const key = JSON.stringify(routerRtpCapabilities);
    if (this.#device && this.#key === key) return this.#device;
    const device = this.#create(routerRtpCapabilities);
    this.#key = key;
    this.#device = device;
    device.catch(() => {
      // The next call tries anew.
      if (this.#device === device) this.#device = null;
    });
    return device;
  }

  async #create(routerRtpCapabilities: types.RtpCapabilities): Promise<types.Device> {
    const factory = handlerFactory();
    const device = new Device(factory ? { handlerFactory: factory } : {});
    await device.load({ routerRtpCapabilities });
    return device;
  }
}

/** The handler of Chromium with its answers kept; null for other browsers, which mediasoup-client sees to. */
function handlerFactory(): types.HandlerFactory | null {
  if (detectDevice() !== 'Chrome111') return null;
  const chrome = Chrome111.createFactory({});
  return {
    ...chrome,
    getNativeRtpCapabilities: (options) => {
      const kept = native.get(options.direction);
      if (kept) return kept;
      const asked = chrome.getNativeRtpCapabilities(options);
      native.set(options.direction, asked);
      asked.catch(() => native.delete(options.direction));
      return asked;
    },
  };
}
