import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import type { Logger } from '@sandfleet/server-kit';

import { workspaceOf, type Config, type Environment } from '../config.ts';
import { createRedact } from '../startup/redact.ts';
import { browser } from './browser/browser.ts';
import type { ServiceDefinition } from './definition.ts';
import { codeServer } from './editors/code-server.ts';
import { jupyterLab } from './editors/jupyter-lab.ts';
import { screen } from './screen/screen.ts';
import { ServiceFolder } from './service-folder.ts';
import type { BrowserOptions, Service, ServiceName, ServicePorts, Services } from './service.ts';
import { SupervisedService } from './supervised-service.ts';
import type { Limits } from './supervision.ts';

export interface ServicesOptions {
  readonly config: Config;
  /** What the user's processes start with. */
  readonly env: Environment;
  readonly log: Logger;
}

const HEALTHY_MS = 60_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const PATIENCE = 3;
const TOKEN_BYTES = 32;

/** The services of a sandbox, of which none runs yet. */
export function createServices(options: ServicesOptions): SandboxServices {
  return new SandboxServices(options);
}

class SandboxServices implements Services {
  readonly ports: ServicePorts;
  readonly display: string;
  readonly screenEnv: Environment;
  screenSize: { readonly width: number; readonly height: number };
  browserOptions: BrowserOptions = {};
  proxyFlags: () => readonly string[] = () => [];
  readonly #folder = new ServiceFolder();
  readonly #services: ReadonlyMap<ServiceName, SupervisedService>;
  readonly #onStarted = new Set<(name: ServiceName, seconds: number) => void>();
  #token = '';

  constructor({ config, env, log }: ServicesOptions) {
    this.display = `:${config.SANDFLEET_DISPLAY}`;
    this.screenEnv = { ...env, DISPLAY: this.display };
    this.screenSize = { width: config.DISPLAY_WIDTH, height: config.DISPLAY_HEIGHT };
    this.ports = {
      vnc: this.#folder.file('vnc.sock'),
      devtools: config.BROWSER_REMOTE_DEBUGGING_PORT,
      jupyterLab: config.JUPYTER_LAB_PORT,
      codeServer: this.#folder.file('code-server.sock'),
    };
    const redact = createRedact(env);
    const definitions = this.#definitions({ config, env, log });
    this.#services = new Map(
      definitions.map((definition) => [
        definition.name,
        new SupervisedService({
          definition,
          limits: limitsOf(definition.name, config),
          get: (name) => this.get(name),
          log,
          redact: (text) => redact(this.#token === '' ? text : text.replaceAll(this.#token, '[redacted]'), false),
          onStarted: (seconds) => this.#onStarted.forEach((listener) => listener(definition.name, seconds)),
        }),
      ]),
    );
  }

  get(name: ServiceName): Service {
    const service = this.#services.get(name);
    if (service === undefined) throw new Error(`no service ${name}`);
    return service;
  }

  credential(): string {
    return this.#token;
  }

  onStarted(listener: (name: ServiceName, seconds: number) => void): void {
    this.#onStarted.add(listener);
  }

  async close(): Promise<void> {
    const others = [...this.#services.values()].filter(({ name }) => name !== 'screen');
    await Promise.all(others.map((service) => service.close()));
    // What draws on the screen has gone by now, and can save nothing once that is gone.
    await this.#services.get('screen')?.close();
    await this.#folder.remove();
  }

  #definitions({ config, env, log }: ServicesOptions): readonly ServiceDefinition[] {
    const graceMs = config.SERVICE_STOP_GRACE_SECONDS * 1000;
    const makeFolder = () => this.#folder.make();
    const workspace = workspaceOf(config);
    return [
      screen({
        display: config.SANDFLEET_DISPLAY,
        size: () => this.screenSize,
        vncSocket: config.DISABLE_VNC ? undefined : this.ports.vnc,
        env: this.screenEnv,
        home: config.HOME,
        windowRules: join(config.SANDFLEET_DESKTOP_DIR, 'openbox.xml'),
        graceMs,
        disabledBy: config.DISABLE_VNC && config.DISABLE_BROWSER ? 'DISABLE_VNC and DISABLE_BROWSER' : undefined,
        makeFolder,
      }),
      browser({
        config,
        env: this.screenEnv,
        size: () => this.screenSize,
        options: () => this.browserOptions,
        proxyFlags: () => this.proxyFlags(),
        log,
      }),
      jupyterLab({
        python: config.SANDFLEET_PYTHON,
        port: config.JUPYTER_LAB_PORT,
        newToken: () => (this.#token = randomBytes(TOKEN_BYTES).toString('hex')),
        token: () => this.#token,
        configFile: this.#folder.file('jupyter.py'),
        runtimeDir: this.#folder.file('jupyter'),
        env,
        workspace,
        graceMs,
        disabledBy: config.DISABLE_JUPYTER ? 'DISABLE_JUPYTER' : undefined,
        makeFolder,
      }),
      codeServer({
        command: config.SANDFLEET_CODE_SERVER,
        socket: this.ports.codeServer,
        configFile: this.#folder.file('code-server.yaml'),
        env,
        home: config.HOME,
        workspace,
        graceMs,
        disabledBy: config.DISABLE_CODE_SERVER ? 'DISABLE_CODE_SERVER' : undefined,
        makeFolder,
      }),
    ];
  }
}

function limitsOf(name: ServiceName, config: Config): Limits {
  const idle: Readonly<Record<ServiceName, number | undefined>> = {
    screen: config.SCREEN_IDLE_SECONDS,
    browser: config.BROWSER_IDLE_SECONDS,
    'jupyter-lab': config.JUPYTER_LAB_IDLE_SECONDS,
    'code-server': config.CODE_SERVER_IDLE_SECONDS,
  };
  return {
    startMs: config.SERVICE_START_SECONDS * 1000,
    idleMs: (idle[name] ?? config.SERVICE_IDLE_SECONDS) * 1000,
    healthyMs: HEALTHY_MS,
    firstDelayMs: FIRST_DELAY_MS,
    longestDelayMs: LONGEST_DELAY_MS,
    patience: PATIENCE,
  };
}
