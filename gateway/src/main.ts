/** Starts the gateway as a process. */
import { processEnvironment } from '@crossfade/service/dot-env';
import { runService } from '@crossfade/service/lifecycle';
import { createLog } from '@crossfade/service/log';
import { misspeltSettings } from '@crossfade/service/misspelt';
import { startTracing } from '@crossfade/service/tracing';
import { startGateway } from './app.ts';
import { gatewaySettings, readConfig } from './config.ts';
import { tracedRequests } from './media-client/traced-requests.ts';
import { openEmbedded, openServer } from './store/database.ts';

await runService(async () => {
  const environment = processEnvironment();
  const config = readConfig(environment);
  const log = createLog({
    service: 'gateway',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
    file: config.LOG_FILE,
  });
  for (const misspelt of misspeltSettings(gatewaySettings, environment))
    log.warn('a variable looks like a misspelt setting, and is not read', { ...misspelt });
  const openRecords = () =>
    config.DATABASE_URL === undefined ? openEmbedded(config.DATA_DIR) : openServer(config.DATABASE_URL);
  const stopTracing = await startTracing({
    service: 'gateway',
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    instrumentations: tracedRequests,
  });
  const gateway = await startGateway({ config, log, openRecords });
  const close = async () => {
    await gateway.close();
    await stopTracing();
  };
  return { service: { url: gateway.url, close }, log };
});
