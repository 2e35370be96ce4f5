// The decision of the webhook, as a function of the AdmissionReview alone: "at least as strict as BASELINE".
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type CompiledFilter, compileProfile, type RuntimeName, ScmpError } from 'libseccomp-wasm';
import { formatAction } from 'libseccomp-wasm/bpf';
import { impliesProfile, type MachineImplication, type ProfileWitness } from 'libseccomp-wasm/explain';
import { type ExtendOptions, type LoadBase, type ParsedProfile, readProfile } from 'libseccomp-wasm/profile';

/** What the webhook is told by its environment. */
export interface Settings {
  /** The profile that every other one has to be at least as strict as: a file of any format. */
  baseline: string;
  /** A copy of the nodes' /var/lib/kubelet/seccomp: where `localhostProfile` is looked up. */
  profiles: string;
  /**
   * Copies of the SeccompProfiles that others name as `baseProfileName`: NAMESPACE/NAME.yaml or .json, without the folder
   * where they have no namespace. Without it no profile may have a base.
   */
  bases?: string | undefined;
  /** The Security Profiles Operator that puts a profile and its base together. */
  operator?: ExtendOptions['operator'];
  /** The machines that the nodes have. */
  arches: readonly string[];
  /** The runtime of the nodes. */
  runtime: RuntimeName;
  /** Whether a pod may take the runtime's default profile, which this webhook cannot see. */
  allowRuntimeDefault: boolean;
}

/** What the API server gets: allowed, or the reason why not. */
export interface Decision {
  allowed: boolean;
  reason?: string;
}

const ALLOWED: Decision = { allowed: true };
const denied = (reason: string): Decision => ({ allowed: false, reason });

/** The most that a profile may be: what a ConfigMap holds. */
const MAX_PROFILE = 1 << 20;
const MAX_REMEMBERED = 256;
/** Of Kubernetes: with it no path leaves its folder. */
const OBJECT_NAME = /^[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?$/;
const SOURCE = { source: 'profile' } as const;

export class Policy {
  readonly #known = new Map<string, Decision>();

  private constructor(
    readonly settings: Settings,
    readonly baseline: readonly CompiledFilter[],
  ) {}

  /** The baseline is compiled once. A conditional entry of it counts as for a container without capabilities. */
  static async load(settings: Settings): Promise<Policy> {
    const { arches, runtime } = settings;
    const source = settings.baseline;
    const text = readFileSync(source, 'utf8');
    const compile = (arch: string) => compileProfile(text, { arch, runtime, source, capabilities: [] });
    return new Policy(settings, await Promise.all(arches.map(compile)));
  }

  /** Decide on an AdmissionReview. What is not known is denied. */
  async decide(review: unknown): Promise<Decision> {
    const { apiVersion, kind: kindOfReview, request } = record(review);
    if (apiVersion !== 'admission.k8s.io/v1' || kindOfReview !== 'AdmissionReview') {
      return denied(
        `this is ${shown(kindOfReview)} of ${shown(apiVersion)}, and no AdmissionReview of admission.k8s.io/v1`,
      );
    }
    const { operation, kind, object, subResource, namespace } = record(request);
    if (operation === 'DELETE') return ALLOWED; // nothing runs with less of a filter by it
    if (operation !== 'CREATE' && operation !== 'UPDATE') {
      return denied(`this webhook answers CREATE and UPDATE, and not ${shown(operation)}`);
    }
    const { group, kind: name } = record(kind);
    if (group === '' && name === 'Pod' && (subResource ?? 'ephemeralcontainers') === 'ephemeralcontainers') {
      return this.#pod(record(object));
    }
    if (group === 'security-profiles-operator.x-k8s.io' && name === 'SeccompProfile') {
      return this.#seccompProfile(object, namespace);
    }
    return denied(`this webhook decides on pods and SeccompProfiles, and not on ${shown(name)} of ${shown(group)}`);
  }

  async #pod({ spec }: Readonly<Record<string, unknown>>): Promise<Decision> {
    const pod = record(spec);
    const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => {
      const given = pod[list] ?? [];
      return Array.isArray(given) ? given.map(record) : [{}];
    });
    if (containers.length === 0) return denied('the pod has no containers that could be looked at');
    const ofPod = record(pod.securityContext).seccompProfile;
    for (const container of containers) {
      const what = `container ${shown(container.name)}`;
      const { privileged, seccompProfile } = record(container.securityContext);
      if (privileged !== undefined && privileged !== false) {
        return denied(`${what} is privileged, and runtimes give such a container no seccomp filter`);
      }
      const decision = await this.#container(what, record(seccompProfile ?? ofPod));
      if (!decision.allowed) return decision;
    }
    return ALLOWED;
  }

  async #container(what: string, { type, localhostProfile }: Readonly<Record<string, unknown>>): Promise<Decision> {
    switch (type) {
      case 'Localhost':
        return this.#localhost(what, localhostProfile);
      case 'RuntimeDefault':
        return this.settings.allowRuntimeDefault
          ? ALLOWED
          : denied(`${what} takes RuntimeDefault, which depends on the node: name a Localhost profile`);
      case undefined:
        return denied(`${what} names no seccompProfile, and then a node may run it Unconfined: name one`);
      default:
        return denied(
          `${what} has a seccompProfile of the type ${shown(type)}, under which nothing is filtered or known`,
        );
    }
  }

  async #localhost(what: string, path: unknown): Promise<Decision> {
    if (typeof path !== 'string' || path === '') return denied(`${what}: localhostProfile names no file`);
    let text: string;
    try {
      const folder = realpathSync(this.settings.profiles);
      const file = realpathSync(join(folder, path));
      // By links too: a kubelet refuses ".." and absolute paths.
      if (!file.startsWith(folder + sep)) return denied(`${what}: ${shown(path)} is outside the folder of profiles`);
      if (statSync(file).size > MAX_PROFILE) return denied(`${what}: ${shown(path)} is larger than 1 MiB`);
      text = readFileSync(file, 'utf8');
    } catch {
      return denied(`${what}: this webhook has no profile ${shown(path)}: copy it into the folder that it reads`);
    }
    const profile = `${what}: profile ${shown(path)}`;
    return this.#remembered(profile, text, () =>
      this.#judge(profile, () => readProfile(text, { ...SOURCE, format: 'oci' })),
    );
  }

  /** A SeccompProfile as the API server sends it, with its base as the operator puts the two together. */
  async #seccompProfile(object: unknown, namespace: unknown): Promise<Decision> {
    const what = 'this SeccompProfile';
    const read = () => readProfile(object as object, { ...SOURCE, format: 'spo' });
    const judge = () => this.#judge(what, read, (name) => this.#base(name, namespace));
    // A base may change without a request that has the profile.
    const hasBase = record(record(object).spec).baseProfileName !== undefined;
    return hasBase ? judge() : this.#remembered(what, object, judge);
  }

  /** The copy of another SeccompProfile of the namespace. What is no name of an object, as `oci://...`, is not looked up. */
  #base(name: string, namespace: unknown): ParsedProfile | undefined {
    const { bases } = this.settings;
    const words = [...(typeof namespace === 'string' && namespace !== '' ? [namespace] : []), name];
    if (bases === undefined || !words.every((word) => OBJECT_NAME.test(word))) return undefined;
    const files = ['.yaml', '.json'].map((extension) => `${join(bases, ...words)}${extension}`);
    const file = files.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
    if (file === undefined || statSync(file).size > MAX_PROFILE) return undefined;
    const base = readProfile(readFileSync(file, 'utf8'), { source: `base ${name}`, format: 'spo' });
    return base.name === name ? base : undefined;
  }

  /** Decisions on the same text are the same. */
  async #remembered(what: string, given: unknown, judge: () => Promise<Decision>): Promise<Decision> {
    const text = JSON.stringify([what, given], (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
    const key = createHash('sha256').update(text).digest('hex');
    const decision = this.#known.get(key) ?? (await judge());
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(key, decision);
    return decision;
  }

  async #judge(what: string, read: () => ParsedProfile, loadBase: LoadBase = () => undefined): Promise<Decision> {
    const { arches, runtime, operator } = this.settings;
    try {
      const options = { arch: arches, runtime, operator, capabilities: [], loadBase };
      const { holds, machines } = await impliesProfile(read(), this.baseline, options);
      return holds ? ALLOWED : denied(`${what} allows more than the baseline ${machines.flatMap(describe).join('; ')}`);
    } catch (error) {
      if (!(error instanceof ScmpError)) throw error;
      return denied(`${what} cannot be compared with the baseline: ${error.message}`);
    }
  }
}

const MAX_NAMES = 12;

/** `on x86_64: keyctl, bpf, for example keyctl(0, …): ALLOW, and ERRNO(EPERM) in the baseline` */
function describe({ machine, holds, witnesses, flags }: MachineImplication): string[] {
  if (holds) return [];
  const names = [...new Set(witnesses.flatMap(({ syscalls }) => syscalls))];
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  const which = names.length > 0 ? `${names.slice(0, MAX_NAMES).join(', ')}${more}` : 'calls of other architectures';
  const [first] = witnesses;
  return [
    `on ${machine}: ${witnesses.length > 0 ? which : flags.join(', ')}${first ? `, for example ${example(first)}` : ''}`,
  ];
}

const example = ({ call, architecture, a, b }: ProfileWitness): string =>
  `${call}${architecture ? ` on ${architecture}` : ''}: ${formatAction(a, architecture)}, and ${formatAction(b, architecture)} in the baseline`;

/** An object of foreign JSON; an empty one of what is none. */
function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Foreign text in a message: quoted, short, without characters that steer a terminal. */
const shown = (value: unknown): string =>
  value === undefined ? 'none' : (JSON.stringify(value) ?? 'none').replace(/[^ -~]/g, '?').slice(0, 120);
