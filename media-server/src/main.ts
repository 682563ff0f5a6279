/** The media server as a process: settings, log, ports, signals. */
import { runService } from '@crossfade/service/lifecycle';
import { createLog } from '@crossfade/service/log';
import { misspeltSettings } from '@crossfade/service/misspelt';
import { createRegistry } from '@crossfade/service/metrics';
import { startTracing } from '@crossfade/service/tracing';
import { createMediaServer } from './app.ts';
import { mediaServerSettings, readConfig } from './config.ts';
import { logMediasoup } from './workers/mediasoup-log.ts';

await runService(async () => {
  const config = readConfig();
  const log = createLog({
    service: 'media-server',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
    file: config.LOG_FILE,
  });
  for (const misspelt of misspeltSettings(mediaServerSettings, process.env))
    log.warn('a variable looks like a misspelt setting, and is not read', { ...misspelt });
  logMediasoup(log);
  const stopTracing = await startTracing({
    service: 'media-server',
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const mediaServer = await createMediaServer({ config, log, registry: createRegistry('media-server') });
  try {
    const url = await mediaServer.listen();
    log.info('listening', { url, workers: config.MEDIASOUP_WORKERS });
    const close = async () => {
      await mediaServer.close();
      await stopTracing();
    };
    return { service: { url, drain: () => mediaServer.drain(), close }, log };
  } catch (error) {
    await mediaServer.close();
    throw error;
  }
});
