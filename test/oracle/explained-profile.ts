import { formatAction } from '../../src/action.js';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { type DiagramStore, FALSE, type Node } from '../../src/bpf/decisions/diagram-store.js';
import {
  type CompiledProfile,
  CompileError,
  compileWithEntries,
  type OwnCompileOptions,
} from '../../src/compiler/index.js';
import { errnoNumber } from '../../src/errno.js';
import type { Libseccomp } from '../../src/libseccomp/index.js';
import { type ParsedProfile, readProfile } from '../../src/profile/index.js';
import { AskedProgram, type Way } from './asked-program.js';
import { type Argument, dockerNames, type Entry, multiplexedCode, type Profile } from './evaluate-profile.js';

/** What Docker 20.10 gives a container (docs: "Runtime privilege and Linux capabilities"). */
const DOCKER =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`);

export interface ExplainedOptions {
  /** Full names; undefined: nobody said, and there are none. */
  capabilities?: readonly string[] | undefined;
  enosysStub?: boolean | undefined;
}

/** A rule that an entry makes of one number of an architecture: which calls of the number meet it. */
export interface Standing {
  index: number;
  /** The name of the entry that it is for, and where that stands among its names. */
  name: string;
  at: number;
  action: string;
  where: Node;
}

/** A profile, its program, and what of the one stands where in the other: worked out from the text alone. */
export class ExplainedProfile {
  readonly parsed: ParsedProfile;
  readonly profile: Profile;
  readonly entries: CompiledProfile;
  readonly program: AskedProgram;

  constructor(
    readonly text: string,
    readonly target: ArchitectureName,
    readonly libseccomp: Libseccomp,
    readonly options: ExplainedOptions = {},
    more: Partial<OwnCompileOptions> = {},
    store?: DiagramStore,
    parsed?: ParsedProfile,
  ) {
    const { capabilities, enosysStub } = options;
    this.parsed = parsed ?? readProfile(text, { source: 'profile.json' });
    this.profile = parsed ? (parsed.seccomp as unknown as Profile) : JSON.parse(text);
    this.entries = compileWithEntries(this.parsed, {
      arch: target,
      libseccomp,
      capabilities: capabilities?.map((name) => name.slice(4)),
      enosysStub,
      ...more,
    });
    this.program = new AskedProgram(this.entries.compiled, libseccomp, store);
  }

  /** The same with a changed text or with other capabilities. No proof: what it decides is asked. */
  again(
    change: (profile: Profile) => void,
    options: ExplainedOptions = {},
    more: Partial<OwnCompileOptions> = { verify: false },
  ): ExplainedProfile {
    const profile: Profile = JSON.parse(this.text);
    change(profile);
    const text = JSON.stringify(profile);
    const { target, libseccomp, program } = this;
    return new ExplainedProfile(text, target, libseccomp, { ...this.options, ...options }, more, program.store);
  }

  /** As {@link again}; undefined where libseccomp refuses it. */
  attempt(...args: Parameters<ExplainedProfile['again']>): ExplainedProfile | undefined {
    try {
      return this.again(...args);
    } catch (error) {
      if (error instanceof CompileError) return undefined;
      throw error;
    }
  }

  /** As in a container that Docker starts. */
  withDocker(): ExplainedProfile {
    return this.again(() => {}, { capabilities: DOCKER });
  }

  /** Without what some entries say of a call; undefined where libseccomp refuses what is left. */
  without(places: readonly { index: number; name: string }[]): ExplainedProfile | undefined {
    return this.attempt(({ syscalls }) => {
      for (const { index, name } of places) {
        const entry = syscalls[index] as Entry;
        if (entry.names) entry.names = entry.names.filter((each) => each !== name);
      }
      // Entries keep their place.
      for (const entry of syscalls) if (entry.names?.length === 0) entry.names = ['_sysctl_none'];
    });
  }

  get default(): string {
    const { defaultAction, defaultErrnoRet, defaultErrno } = this.profile;
    return this.#says({ action: defaultAction, errnoRet: defaultErrnoRet, errno: defaultErrno } as Entry);
  }

  /** What an entry says, in the words of an architecture. */
  says(index: number, arch: ArchitectureName): string {
    return this.#says(this.profile.syscalls[index] as Entry, arch);
  }

  #says({ action, errnoRet, errno }: Entry, arch: ArchitectureName = this.target): string {
    const kind = action.replace('SCMP_ACT_', '').replace(/^KILL$/, 'KILL_THREAD');
    const data = (errno === undefined ? errnoRet : errnoNumber(errno, this.target)) ?? 1;
    return kind === 'ERRNO' ? formatAction({ kind, data }, arch) : kind === 'TRACE' ? `TRACE(${data})` : kind;
  }

  /** Whether an entry stands on the target with these capabilities (Moby, setupSeccomp). */
  applies(index: number, capabilities: readonly string[] = this.options.capabilities ?? []): boolean {
    return this.#reasons(index, capabilities).length === 0;
  }

  /** Why an entry does not, in words. */
  why(index: number): string {
    return this.#reasons(index, this.options.capabilities ?? []).join('; ');
  }

  #reasons(index: number, capabilities: readonly string[]): string[] {
    const { includes = {}, excludes = {} } = this.profile.syscalls[index] as Entry;
    const here = dockerNames(parseArchitecture(this.target));
    const isHere = (arches: readonly string[] = []) => arches.some((each) => here.includes(each));
    const held = (excludes.caps ?? []).filter((each) => capabilities.includes(each));
    const lacking = (includes.caps ?? []).filter((each) => !capabilities.includes(each));
    return [
      ...(isHere(excludes.arches) ? [`${here[0]} is among ${excludes.arches?.join(', ')}`] : []),
      ...(held.length > 0 ? [`the container has ${held.join(', ')}`] : []),
      ...(includes.arches?.length && !isHere(includes.arches)
        ? [`${here[0]} is not among ${includes.arches.join(', ')}`]
        : []),
      ...(lacking.length > 0 ? [`the container lacks ${lacking.join(', ')}`] : []),
    ];
  }

  /** The rules at a number, of entries that apply; of the default's action too, which libseccomp is not given. */
  standing(arch: ArchitectureName, nr: number): Standing[] {
    return this.profile.syscalls.flatMap((entry, index): Standing[] => {
      if (!this.applies(index)) return [];
      return (entry.names ?? []).flatMap((name, at) =>
        this.#ways(name, arch, nr).flatMap((way) =>
          conditionsOf(entry).flatMap((conditions): Standing[] => {
            const where = this.program.where(arch, { ...way, isWhole: true }, conditions);
            return [{ index, name, at, action: this.says(index, arch), where }];
          }),
        ),
      );
    });
  }

  /** Whether it is so that an entry does not stand at a number, for a reason in words. */
  isLeftOut(index: number, why: string, standing: readonly Standing[]): boolean {
    const renamed = /^libseccomp calls it (\w+) on arm, and ignores this name$/.exec(why)?.[1];
    if (renamed !== undefined) {
      const { names = [] } = this.profile.syscalls[index] as Entry;
      return renamed === 'arm_fadvise64_64' && names.includes('fadvise64_64') && !names.includes(renamed);
    }
    if (why !== 'it makes no rule on this architecture, of which scmp compile warns')
      return !this.applies(index) && why === this.why(index);
    const { warnings } = this.entries.compiled;
    const stands = standing.some((each) => each.index === index && each.where !== FALSE);
    return !stands && warnings.some(({ path }) => path?.startsWith(`syscalls[${index}]`));
  }

  /** The numbers of all calls that an entry says something of. */
  #ways(name: string, arch: ArchitectureName, nr: number): Way[] {
    return this.program.ways(name, arch).filter((way) => way.nr === nr);
  }

  /** Which calls of a multiplexer's number are one call: as the kernel reads argument 0. */
  behind(arch: ArchitectureName, name: string): Node {
    const code = multiplexedCode(name) as bigint;
    const bits = /^(sem|msg|shm)/.test(name) && !arch.startsWith('s390') ? 0xffffn : 0xffffffffn;
    return this.program.where(arch, {}, [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: bits, valueTwo: code }]);
  }

  /** Which calls have just these registers, as far as a filter of the architecture looks. */
  allBitsKnown(arch: ArchitectureName, args: readonly bigint[]): Node {
    const { wordSize } = parseArchitecture(arch);
    return this.program.where(
      arch,
      {},
      args.map((value, index) => ({ index, op: 'SCMP_CMP_EQ', value: BigInt.asUintN(wordSize, value) })),
    );
  }

  /** Whether some call is in both. */
  meet(one: Node, other: Node): boolean {
    return this.program.store.and(one, other) !== FALSE;
  }
}

/** The lists of conditions of which one must hold whole, as runc and crun make rules of them. */
function conditionsOf({ args }: Entry): Argument[][] {
  const conditions = args ?? [];
  const indexes = conditions.map(({ index }) => index);
  return new Set(indexes).size < indexes.length ? conditions.map((each) => [each]) : [conditions];
}
