/** What Crossfade is deployed with says the same as the services' settings, and is as strict as it can be. */
import { describe, expect, test } from '@jest/globals';
import { gatewaySettings } from '../../gateway/src/config.ts';
import {
  composeEnvironment,
  documentedSettings,
  interpolate,
  literalsOf,
  metricsInSources,
  readCompose,
  readDockerfile,
  readExample,
  readLayers,
  readText,
  settings,
  variablesIn,
  type ComposeService,
  type Container,
  type Environment,
  type Layer,
  type ServiceName,
} from './deployment-files.ts';

const SERVICES = ['media-server', 'gateway'] as const;
const SECTIONS: Record<ServiceName, string> = { 'media-server': 'Media server', gateway: 'Gateway' };
/** Their default depends on the machine. */
const COMPUTED = ['MEDIASOUP_WORKERS', 'WEB_ROOT'];
const secret = '0123456789abcdef'.repeat(4);
const otherSecret = 'fedcba9876543210'.repeat(4);

const example = readExample();
const linesFor = (service: ServiceName) =>
  example.filter(({ section }) => section === 'Both services' || section === SECTIONS[service]);
const namesIn = (section: string) =>
  example.filter((line) => line.section === section).map(({ name }) => name);

test('all settings of the gateway are seen', () => {
  expect(settings.gateway.names).toEqual(Object.keys(gatewaySettings.shape).sort());
});

describe('.env.example', () => {
  test.each(SERVICES)('has each setting of the %s once, and no other', (service) => {
    const names = linesFor(service).map(({ name }) => name);
    expect([...names].sort()).toEqual(settings[service].names);
  });

  test.each(SERVICES)('shows the defaults of the %s', (service) => {
    const { enough, read } = settings[service];
    const defaults = read(enough);
    for (const { name, value } of linesFor(service)) {
      if (value === '') {
        const known = name in enough || COMPUTED.includes(name) ? undefined : (defaults[name] ?? undefined);
        expect([name, known]).toEqual([name, Array.isArray(known) ? [] : undefined]);
      } else {
        expect(read({ ...enough, [name]: value })).toEqual(defaults);
        expect([name, defaults[name]]).not.toEqual([name, undefined]);
      }
    }
  });

  test.each(SERVICES)('tells the ranges that the %s accepts', (service) => {
    const { enough, read } = settings[service];
    const defaults = read(enough);
    const numbers = linesFor(service).filter(({ name }) => typeof defaults[name] === 'number');
    expect(numbers.length).toBeGreaterThan(2);
    for (const { name, comment } of numbers) {
      const [, least, most] = /\b(\d+) to (\d+)\b/.exec(comment) ?? [];
      const accepts = (value: number) => {
        try {
          return read({ ...enough, [name]: String(value) })[name] === value;
        } catch {
          return false;
        }
      };
      const around = [Number(least) - 1, Number(least), Number(most), Number(most) + 1];
      expect([name, ...around.map(accepts)]).toEqual([name, false, true, true, false]);
    }
  });

  test('has, besides, only what npm start and Docker Compose read', () => {
    const start = readText('scripts/start/environment.mjs');
    expect(namesIn('npm start').filter((name) => !start.includes(`'${name}'`))).toEqual([]);
    const compose = variablesIn(readText('docker-compose.yml'));
    expect(namesIn('Docker Compose').filter((name) => !compose.includes(name))).toEqual([]);
  });

  test('has no secrets: nothing in it counts before it is filled in', () => {
    expect(example.filter(({ active, value }) => active && value !== '')).toEqual([]);
  });
});

describe('docs/operations.md', () => {
  test.each(['Both services', ...Object.values(SECTIONS)])(
    '%s: has the settings and their defaults',
    (section) => {
      const expected = example
        .filter((line) => line.section === section)
        .map(({ name, value }) => ({ name, value }));
      expect(documentedSettings(section)).toEqual(expected);
    },
  );

  test('has the metrics', () => {
    const documented = [...readText('docs/operations.md').matchAll(/^\| `(crossfade_\w+)`/gm)].map(
      ([, name]) => name,
    );
    expect(documented.sort()).toEqual(metricsInSources());
  });
});

describe.each(SERVICES)('the image of the %s', (service) => {
  const image = readDockerfile(service);

  test('is of Node 24, and nobody in it is root', () => {
    expect(new Set(image.bases)).toEqual(new Set(['${NODE_IMAGE}', 'manifests']));
    expect(readText(`${service}/Dockerfile`)).toContain('ARG NODE_IMAGE=node:24-bookworm-slim\n');
    expect(image.user).toBe('node');
  });

  test('has settings that exist, and can be reached', () => {
    expect(Object.keys(image.env).filter((name) => !settings[service].names.includes(name))).toEqual([]);
    expect(image.env).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' });
    const config = settings[service].read({
      ...settings[service].enough,
      ...reachable(service),
      ...image.env,
    });
    expect(String(config['PORT'])).toBe(image.env['PORT']);
  });

  test('is asked for its health', () => {
    expect(image.healthcheck.slice(0, 2)).toEqual(['node', '-e']);
    expect(image.healthcheck[2]).toMatch(/:\$\{process\.env\.PORT\}\/health`/);
  });
});

describe('docker-compose.yml', () => {
  const compose = readCompose();
  const filled: Environment = {
    SERVICE_JWT_SECRET: secret,
    USER_JWT_SECRET: otherSecret,
    TURN_SECRET: secret,
    POSTGRES_PASSWORD: secret,
    MEDIASOUP_ANNOUNCED_ADDRESS: '198.51.100.7',
  };
  const serviceOf = (name: string): ComposeService => {
    const service = compose.services[name];
    if (!service) throw new Error(`There is no service ${name}.`);
    return service;
  };

  test('takes from .env what .env.example has', () => {
    const known = new Set(example.map(({ name }) => name));
    expect(variablesIn(readText('docker-compose.yml')).filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(SERVICES)('gives the %s settings that it accepts', (service) => {
    const environment = composeEnvironment(serviceOf(service), filled);
    expect(Object.keys(environment).filter((name) => !settings[service].names.includes(name))).toEqual([]);
    const config = settings[service].read({ ...readDockerfile(service).env, ...environment });
    expect(config).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', METRICS_HOST: '0.0.0.0' });
  });

  test.each(Object.keys(filled))('asks for %s', (name) => {
    const text = readText('docker-compose.yml');
    expect(() => interpolate(text, filled)).not.toThrow();
    expect(() => interpolate(text, { ...filled, [name]: '' })).toThrow(name);
  });

  test('publishes a port for each media worker, UDP and TCP, and the gateway on this machine only', () => {
    const media = serviceOf('media-server');
    const { RTC_BASE_PORT: first = 0, MEDIASOUP_WORKERS: workers = 0 } = media.environment ?? {};
    const range = `${first}-${Number(first) + Number(workers) - 1}`;
    expect(media.ports).toEqual([`${range}:${range}/udp`, `${range}:${range}/tcp`]);
    expect(serviceOf('gateway').ports?.map((port) => interpolate(port, filled))).toEqual([
      '127.0.0.1:3000:3000',
    ]);
    const others = Object.entries(compose.services).filter(([name]) => !SERVICES.some((own) => own === name));
    expect(others.filter(([, { ports }]) => ports !== undefined)).toEqual([]);
  });

  test.each(Object.keys(compose.services))('%s comes back, is watched, and may do little', (name) => {
    const service = serviceOf(name);
    const own = SERVICES.find((known) => known === name);
    expect(service).toMatchObject({ restart: 'unless-stopped', cap_drop: ['ALL'] });
    expect(service.logging).toBeDefined();
    if (own) {
      expect(service.build?.dockerfile).toBe(`${own}/Dockerfile`);
      expect(service.read_only).toBe(true);
    } else {
      expect(service.image).toMatch(/:\d/);
      expect(service.healthcheck?.test[0]).toBe('CMD');
    }
  });

  test('coturn relays to nobody inside', () => {
    const [, major, minor] = /^coturn\/coturn:(\d+)\.(\d+)\./.exec(serviceOf('coturn').image) ?? [];
    expect(Number(major) * 100 + Number(minor)).toBeGreaterThanOrEqual(413);
    const denied = [...compose.configs.turnserver.content.matchAll(/^denied-peer-ip=(.+)$/gm)].map(
      ([, range]) => range ?? '',
    );
    expect(denied).toEqual(
      expect.arrayContaining([
        '0.0.0.0-0.255.255.255',
        '10.0.0.0-10.255.255.255',
        '100.64.0.0-100.127.255.255',
        '127.0.0.0-127.255.255.255',
        '169.254.0.0-169.254.255.255',
        '172.16.0.0-172.31.255.255',
        '192.168.0.0-192.168.255.255',
        '::ffff:0:0-::ffff:ffff:ffff',
        'fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
        'fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      ]),
    );
    // coturn takes a range that begins with :: for every address there is.
    expect(denied.filter((range) => range.startsWith('::-'))).toEqual([]);
  });
});

describe('k8s', () => {
  const layers = readLayers();
  const [base] = layers as [Layer];
  const containersOf = ({ manifests }: Layer) =>
    manifests.flatMap((manifest) => manifest.spec?.template?.spec.containers ?? []);
  const containerIn = (layer: Layer, service: ServiceName): Container | undefined =>
    containersOf(layer).find(({ name }) => name === service);
  const layered = layers.map((layer) => ({
    name: layer.folder,
    layer,
    under: layer === base ? [base] : [base, layer],
  }));
  /** What a container gets to see: secrets and addresses filled in. */
  const environmentOf = (under: readonly Layer[], service: ServiceName): Environment => {
    const environment: Record<string, string> = {};
    for (const layer of under) {
      Object.assign(environment, literalsOf(layer, service));
      for (const { name, valueFrom, $patch } of containerIn(layer, service)?.env ?? []) {
        if ($patch === 'delete') Reflect.deleteProperty(environment, name);
        else if (valueFrom?.fieldRef) environment[name] = '192.0.2.10';
        else
          environment[name] =
            name === 'DATABASE_URL' ? 'postgres://user@host/db' : `${name} ${secret}`.replace('SECRET', '');
      }
    }
    return environment;
  };

  test('there is a base and an overlay on it', () => {
    expect(layers.map(({ folder }) => folder)).toEqual(['k8s/base', 'k8s/overlays/local']);
    expect(layers[1]?.kustomization.resources).toEqual(['../../base']);
  });

  test.each(layered)('$name: the kustomization lists every file', ({ layer }) => {
    const { resources = [], patches = [] } = layer.kustomization;
    const listed = [...resources, ...patches.map(({ path }) => path)].filter((file) =>
      file.endsWith('.yaml'),
    );
    expect(listed.sort()).toEqual(layer.files);
  });

  test.each(layered)('$name: has no secret, only references to one', ({ layer }) => {
    expect(layer.manifests.map(({ kind }) => kind)).not.toContain('Secret');
    expect(layer.manifests.filter(({ data }) => data !== undefined)).toEqual([]);
    const secretive = /SECRET|PASSWORD|DATABASE_URL/;
    for (const service of SERVICES) {
      const literals = Object.keys(literalsOf(layer, service));
      expect(literals.filter((name) => secretive.test(name))).toEqual([]);
      const entries = containerIn(layer, service)?.env ?? [];
      for (const { name, value, valueFrom, $patch } of entries) {
        expect(value).toBeUndefined();
        if (secretive.test(name) && $patch === undefined) {
          expect(valueFrom?.secretKeyRef).toMatchObject({ name: 'crossfade', key: name });
        }
      }
    }
  });

  test.each(layered.flatMap((entry) => SERVICES.map((service) => ({ ...entry, service }))))(
    '$name: gives the $service settings that it accepts',
    ({ under, service }) => {
      const environment = environmentOf(under, service);
      expect(Object.keys(environment).filter((name) => !settings[service].names.includes(name))).toEqual([]);
      const config = settings[service].read({ ...readDockerfile(service).env, ...environment });
      expect(config).toMatchObject({ HOST: '0.0.0.0', METRICS_HOST: '0.0.0.0' });
    },
  );

  test.each(layered)('$name: the gateway knows every media server', ({ layer, under }) => {
    const replicas =
      layer.kustomization.replicas?.find(({ name }) => name === 'media-server')?.count ??
      base.manifests.find(({ kind }) => kind === 'StatefulSet')?.spec?.replicas ??
      0;
    const urls = Array.from(
      { length: replicas },
      (_, index) => `http://media-server-${index}.media-server:4000`,
    );
    expect(environmentOf(under, 'gateway')['MEDIA_SERVER_URLS']).toBe(urls.join(','));
  });

  test('each media worker has a host port, UDP and TCP', () => {
    const { RTC_BASE_PORT: first, MEDIASOUP_WORKERS: workers } = environmentOf([base], 'media-server');
    const wanted = Array.from({ length: Number(workers) }, (_, index) => Number(first) + index).flatMap(
      (port) => ['UDP', 'TCP'].map((protocol) => ({ containerPort: port, hostPort: port, protocol })),
    );
    const published = (containerIn(base, 'media-server')?.ports ?? [])
      .filter(({ hostPort }) => hostPort !== undefined)
      .map(({ containerPort, hostPort, protocol }) => ({ containerPort, hostPort, protocol }));
    expect(published).toEqual(wanted);
  });

  test.each(SERVICES)('the %s is watched, limited, and nobody in it is root', (service) => {
    const pod = base.manifests
      .map(({ spec }) => spec?.template?.spec)
      .find((spec) => spec?.containers.some(({ name }) => name === service));
    expect(pod?.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    // The services give themselves 10 s.
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(10);
    expect(containerIn(base, service)).toMatchObject({
      startupProbe: { httpGet: { path: '/health' } },
      livenessProbe: { httpGet: { path: '/health' } },
      readinessProbe: { httpGet: { path: '/ready' } },
      resources: {
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
  });

  test('coturn is that of Docker Compose', () => {
    const lines = (text: string) =>
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .filter((line) => !/^(static-auth-secret|external-ip)=/.test(line));
    const { services, configs } = readCompose();
    expect(lines(readText('k8s/components/coturn/turnserver.conf'))).toEqual(
      lines(configs.turnserver.content),
    );
    const manifest = readText('k8s/components/coturn/coturn.yaml');
    expect(manifest).toContain(`image: ${services['coturn']?.image ?? ''}\n`);
    expect(manifest).toContain('--static-auth-secret=$(TURN_SECRET)');
  });

  test('there is more than one gateway only where they share calls and records', () => {
    const gateway = base.manifests.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'gateway',
    );
    expect(gateway?.spec?.replicas).toBe(2);
    expect(environmentOf([base], 'gateway')).toMatchObject({
      REDIS_URL: 'redis://redis:6379',
      DATABASE_URL: expect.any(String),
    });
    const services = base.manifests
      .filter(({ kind }) => kind === 'Service')
      .map(({ metadata }) => metadata.name);
    expect(services).toContain('redis');
    // The overlay's records are embedded.
    expect(environmentOf(layers, 'gateway')).not.toHaveProperty('DATABASE_URL');
    expect(layers[1]?.kustomization.replicas).toContainEqual({ name: 'gateway', count: 1 });
  });
});

/** What the image leaves to whoever runs it. */
function reachable(service: ServiceName): Environment {
  return service === 'media-server' ? { MEDIASOUP_ANNOUNCED_ADDRESS: '192.0.2.10' } : {};
}
