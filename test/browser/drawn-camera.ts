/** A camera that shows a drawn person instead of Chromium's test picture; goes into the page as it is, before it is loaded. */
import type { Page } from 'playwright-core';

export interface DrawnLook {
  readonly wall: readonly [string, string];
  readonly skin: string;
  readonly hair: string;
  readonly shirt: string;
  readonly longHair: boolean;
}

export const LOOKS = {
  ann: { wall: ['#c9b8a4', '#8f7a68'], skin: '#e3b08c', hair: '#3b2417', shirt: '#2f6f73', longHair: true },
  ben: { wall: ['#9db4c4', '#566f86'], skin: '#8d5b3f', hair: '#17120f', shirt: '#d98f4e', longHair: false },
  cleo: { wall: ['#b9c3a4', '#6d7f5e'], skin: '#f0c9a8', hair: '#b5562b', shirt: '#5b4b8a', longHair: true },
} as const satisfies Record<string, DrawnLook>;

export async function giveDrawnCamera(page: Page, look: DrawnLook): Promise<void> {
  await page.addInitScript(drawCamera, look);
}

function drawCamera({ wall, skin, hair, shirt, longHair }: DrawnLook): void {
  const width = 640;
  const height = 480;
  const SCALE = 0.75;
  const ellipse = (
    pen: CanvasRenderingContext2D,
    colour: string,
    at: readonly number[],
    size: readonly number[],
  ) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.ellipse(at[0] ?? 0, at[1] ?? 0, size[0] ?? 0, size[1] ?? 0, 0, 0, 2 * Math.PI);
    pen.fill();
  };
  const draw = (pen: CanvasRenderingContext2D, t: number) => {
    const back = pen.createLinearGradient(0, 0, width, height);
    back.addColorStop(0, wall[0]);
    back.addColorStop(1, wall[1]);
    pen.fillStyle = back;
    pen.fillRect(0, 0, width, height);
    // A window with light in it, out of focus.
    pen.fillStyle = 'rgb(255 255 255 / 0.22)';
    pen.fillRect(60, 50, 120, 190);
    pen.fillRect(188, 50, 60, 190);
    const x = 330 + 6 * Math.sin(t / 900);
    const y = 225 + 3 * Math.sin(t / 600);
    if (longHair) ellipse(pen, hair, [x, y + 45], [112, 165]);
    ellipse(pen, shirt, [x, 520], [205, 165]);
    ellipse(pen, skin, [x, y + 120], [40, 60]);
    ellipse(pen, hair, [x, y - 32], [96, 98]);
    ellipse(pen, skin, [x, y + 8], [82, 104]);
    // The hair line.
    pen.fillStyle = hair;
    pen.beginPath();
    pen.ellipse(x, y - 62, 84, 44, 0, Math.PI, 2 * Math.PI);
    pen.fill();
    const blink = t % 4_000 < 120 ? 1 : 8;
    for (const side of [-1, 1]) {
      ellipse(pen, '#fdfdfb', [x + side * 32, y - 4], [13, blink]);
      ellipse(pen, '#221a16', [x + side * 32, y - 4], [6, Math.min(blink, 6)]);
      pen.strokeStyle = hair;
      pen.lineWidth = 5;
      pen.lineCap = 'round';
      pen.beginPath();
      pen.moveTo(x + side * 18, y - 26);
      pen.lineTo(x + side * 46, y - 24);
      pen.stroke();
    }
    pen.strokeStyle = 'rgb(90 30 20 / 0.75)';
    pen.lineWidth = 5;
    pen.beginPath();
    pen.ellipse(x, y + 46, 26, 12 + 3 * Math.sin(t / 250), 0, 0.15 * Math.PI, 0.85 * Math.PI);
    pen.stroke();
  };
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (asked) => {
    const stream = await open(asked);
    for (const real of stream.getVideoTracks()) {
      const canvas = document.createElement('canvas');
      // Few pixels and frames: every encoder and decoder shares the machine with all others.
      canvas.width = width * SCALE;
      canvas.height = height * SCALE;
      const pen = canvas.getContext('2d', { alpha: false });
      const [drawn] = canvas.captureStream(5).getVideoTracks();
      if (!pen || !drawn) continue;
      pen.scale(SCALE, SCALE);
      draw(pen, 0);
      const timer = setInterval(() => {
        if (drawn.readyState === 'ended') {
          clearInterval(timer);
          real.stop();
        } else draw(pen, performance.now());
      }, 200);
      // To the page it is the device that it asked for.
      const settings = real.getSettings();
      drawn.getSettings = () => ({ ...settings, width, height });
      Object.defineProperty(drawn, 'label', { value: real.label });
      stream.removeTrack(real);
      stream.addTrack(drawn);
    }
    return stream;
  };
}
