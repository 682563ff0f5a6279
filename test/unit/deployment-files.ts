/** The files that Crossfade is deployed with, as the tests look at them, and the settings that both services read. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../gateway/src/config.ts';
import { parseConfig } from '../../media-server/src/config.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Environment = Readonly<Record<string, string>>;
export type ServiceName = 'media-server' | 'gateway';

export interface Settings {
  /** The names of all of them. */
  names: readonly string[];
  /** Enough to start with. */
  enough: Environment;
  /** @throws SettingError */
  read: (environment: Environment) => Readonly<Record<string, unknown>>;
}

const secret = '0123456789abcdef'.repeat(4);
const otherSecret = 'fedcba9876543210'.repeat(4);

export const settings: Readonly<Record<ServiceName, Settings>> = {
  'media-server': {
    names: namesReadBy(parseConfig),
    // One worker, or the machine's cores would decide how high RTC_BASE_PORT may be.
    enough: { SERVICE_JWT_SECRET: secret, MEDIASOUP_WORKERS: '1' },
    read: parseConfig,
  },
  gateway: {
    names: namesReadBy(readConfig),
    enough: { SERVICE_JWT_SECRET: secret, USER_JWT_SECRET: otherSecret },
    read: readConfig,
  },
};

/** The variables a configuration looks at. */
function namesReadBy(read: (environment: Record<string, string | undefined>) => unknown): string[] {
  const names = new Set<string>();
  const recording = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_target, name) => {
        names.add(String(name));
        return undefined;
      },
    },
  );
  try {
    read(recording);
  } catch {
    // The secrets are missing.
  }
  return [...names].sort();
}

export function readText(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** A line of .env.example that sets something, or would without its `#`. */
export interface ExampleLine {
  section: string;
  name: string;
  value: string;
  /** Whether it counts as it stands. */
  active: boolean;
  /** The lines above it. */
  comment: string;
}

export function readExample(): ExampleLine[] {
  const lines: ExampleLine[] = [];
  let section = '';
  let comment = '';
  for (const line of readText('.env.example').split('\n')) {
    const heading = /^# == (.+) ==$/.exec(line)?.[1];
    const [, mark, name, value] = /^(# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (heading !== undefined) section = heading;
    else if (name !== undefined) {
      lines.push({ section, name, value: value ?? '', active: mark === undefined, comment });
    } else comment = line === '' ? '' : `${comment} ${line.slice(2)}`;
  }
  return lines;
}

/** Names and defaults in one of the settings tables of docs/operations.md. */
export function documentedSettings(section: string): { name: string; value: string }[] {
  const [, table = ''] = readText('docs/operations.md').split(`\n${section}:\n\n`);
  const [rows = ''] = table.split('\n\n');
  return [...rows.matchAll(/^\| `([A-Z0-9_]+)` *\| (?:`([^`]*)`)? *\|/gm)].map(([, name, value]) => ({
    name: name ?? '',
    value: value ?? '',
  }));
}

/** The names of the services' own metrics. */
export function metricsInSources(): string[] {
  const files = globSync('{service,media-server,gateway}/src/**/*.ts', { cwd: ROOT });
  return files
    .flatMap((file) => [...readText(file).matchAll(/name: '(crossfade_\w+)'/g)].map(([, name]) => name ?? ''))
    .sort();
}

export interface ComposeService {
  image: string;
  build?: { dockerfile: string };
  restart?: string;
  network_mode?: string;
  read_only?: boolean;
  cap_drop?: string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  healthcheck?: { test: string[] };
  logging?: object;
}

export interface Compose {
  services: Record<string, ComposeService>;
  configs: { turnserver: { content: string } };
}

export function readCompose(): Compose {
  return parse(readText('docker-compose.yml')) as Compose;
}

const VARIABLE = /\$\{([A-Z0-9_]+)(?::([?-])([^}]*))?\}/g;

/** The names that a text takes from the environment. */
export function variablesIn(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map(([, name]) => name ?? ''))].sort();
}

/** As Compose does it. @throws Error what a `:?` says of a variable that is missing */
export function interpolate(text: string, environment: Environment): string {
  return text.replaceAll(VARIABLE, (_all, name: string, operator: string | undefined, rest: string) => {
    const value = environment[name] ?? '';
    if (value === '' && operator === '?') throw new Error(`${name}: ${rest}`);
    return value === '' && operator === '-' ? rest : value;
  });
}

/** What a container of Compose gets to see. */
export function composeEnvironment(service: ComposeService, environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([name, value]) => [
      name,
      interpolate(String(value), environment),
    ]),
  );
}

export interface Dockerfile {
  /** The images its stages begin with. */
  bases: string[];
  /** Of the last stage. */
  env: Environment;
  user: string | undefined;
  healthcheck: string[];
}

export function readDockerfile(service: ServiceName): Dockerfile {
  const text = readText(`${service}/Dockerfile`).replaceAll(/\\\n/g, ' ');
  const last = text.slice(text.lastIndexOf('\nFROM '));
  const instruction = (name: string) => new RegExp(`^${name} +(.+)$`, 'm').exec(last)?.[1];
  return {
    bases: [...text.matchAll(/^FROM +(\S+)/gm)].map(([, image]) => image ?? ''),
    env: Object.fromEntries(
      (instruction('ENV') ?? '').split(/ +/).map((pair) => pair.split('=')),
    ) as Environment,
    user: instruction('USER'),
    healthcheck: JSON.parse(/CMD +(\[.+\])/.exec(instruction('HEALTHCHECK') ?? '')?.[1] ?? '[]') as string[],
  };
}

export interface Kustomization {
  resources?: string[];
  patches?: { path: string }[];
  configMapGenerator?: { name: string; literals: string[] }[];
  replicas?: { name: string; count: number }[];
}

export interface EnvEntry {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string }; fieldRef?: object };
  $patch?: 'delete';
}

export interface Container {
  name: string;
  image?: string;
  env?: EnvEntry[];
  ports?: { containerPort: number; hostPort?: number; protocol?: string; name: string }[];
  startupProbe?: { httpGet: { path: string } };
  livenessProbe?: { httpGet: { path: string } };
  readinessProbe?: { httpGet: { path: string } };
  resources?: { requests?: { cpu?: string; memory?: string }; limits?: { memory?: string } };
  securityContext?: object;
}

export interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: object;
  spec?: {
    replicas?: number;
    strategy?: { type: string };
    template?: {
      spec: {
        terminationGracePeriodSeconds?: number;
        securityContext?: object;
        containers: Container[];
      };
    };
  };
}

/** One folder of k8s/. */
export interface Layer {
  folder: string;
  kustomization: Kustomization;
  /** The other files in the folder. */
  files: string[];
  manifests: Manifest[];
}

export function readLayers(): Layer[] {
  return globSync('k8s/{base,overlays/*}/kustomization.yaml', { cwd: ROOT })
    .map((file) => path.dirname(file))
    .sort()
    .map((folder) => {
      const files = globSync('*', { cwd: path.join(ROOT, folder) })
        .filter((file) => file !== 'kustomization.yaml')
        .filter((file) => file.includes('.'))
        .sort();
      return {
        folder,
        files,
        kustomization: parse(readText(`${folder}/kustomization.yaml`)) as Kustomization,
        manifests: files.flatMap((file) =>
          parseAllDocuments(readText(`${folder}/${file}`)).map((document) => document.toJS() as Manifest),
        ),
      };
    });
}

/** The settings in a layer's generated ConfigMap. */
export function literalsOf({ kustomization }: Layer, name: string): Environment {
  const literals = (kustomization.configMapGenerator ?? [])
    .filter((generator) => generator.name === name)
    .flatMap((generator) => generator.literals);
  return Object.fromEntries(
    literals.map((literal) => [
      literal.slice(0, literal.indexOf('=')),
      literal.slice(literal.indexOf('=') + 1),
    ]),
  );
}
