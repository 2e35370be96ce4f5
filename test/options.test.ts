// An option that nobody knows would be one that was never given: every public function says so, and what was meant.
import { expect, it } from 'vitest';
import { createSeccompAgent } from '../native-loader/container/seccomp-agent.js';
import { checkInstallation } from '../native-loader/install/install-filter.js';
import { thisHost } from '../native-loader/libc/host.js';
import { installAndExec } from '../native-loader/run/exec.js';
import { spawnSandboxed } from '../native-loader/run/spawn-sandboxed.js';
import { superviseListener } from '../native-loader/supervise/supervisor.js';
import { parseArchitecture } from '../src/architecture.js';
import * as bpf from '../src/bpf/index.js';
import * as minimizing from '../src/bpf/minimize/index.js';
import * as checking from '../src/check/index.js';
import * as compiling from '../src/compiler/index.js';
import * as composing from '../src/compose/index.js';
import { InvalidArgumentError } from '../src/errors.js';
import * as explaining from '../src/explain/index.js';
import * as main from '../src/index.js';
import * as learning from '../src/learn/index.js';
import * as loading from '../src/libseccomp/index.js';
import * as profiles from '../src/profile/index.js';
import { seccompMatchers } from '../src/testing/index.js';

const library = {
  ...main,
  ...profiles,
  ...loading,
  ...compiling,
  ...checking,
  ...composing,
  ...explaining,
  ...learning,
  ...minimizing,
};
const libseccomp = library.loadLibseccompSync();
const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] };
const parsed = library.readProfile(profile);
const { policy } = library.resolvePolicy(parsed, { arch: parseArchitecture('x86_64') });
const filter = library.compileProfileSync(profile, { arch: 'x86_64', libseccomp });
const x86 = parseArchitecture('x86_64');
const syscalls = library.syscallLookup(libseccomp);
const recordings = new library.Recordings();
recordings.addProfile(parsed, { source: 'a.json' });

type Call = (options: object) => unknown;

/** Public functions, each called with options that it takes and those given. */
const FUNCTIONS: Readonly<Record<string, Call>> = {
  compileProfile: (given) => library.compileProfile(profile, { arch: 'x86_64', libseccomp, ...given }),
  compileProfileSync: (given) => library.compileProfileSync(profile, { arch: 'x86_64', libseccomp, ...given }),
  compileParsedProfile: (given) => library.compileParsedProfile(parsed, { arch: 'x86_64', libseccomp, ...given }),
  compileWithEntries: (given) => library.compileWithEntries(parsed, { arch: 'x86_64', libseccomp, ...given }),
  compilePolicy: (given) => library.compilePolicy(policy, { arch: 'x86_64', libseccomp, ...given }),
  readAuditLog: (given) => library.readAuditLog('', syscalls, () => {}, given),
  readStrace: (given) => library.readStrace('', syscalls, { architecture: 'x86_64', ...given }, () => {}),
  intersectProfiles: (given) => library.intersectProfiles([parsed], { arch: 'x86_64', libseccomp, ...given }),
  subtractProfiles: (given) => library.subtractProfiles([parsed], { arch: 'x86_64', libseccomp, ...given }),
  unionProfiles: (given) => library.unionProfiles([parsed], { arch: 'x86_64', libseccomp, ...given }),
  impliesProfile: (given) => library.impliesProfile(parsed, parsed, { arch: 'x86_64', libseccomp, ...given }),
  mergeRecordings: (given) => library.mergeRecordings(recordings, given),
  mergeByContainer: (given) => library.mergeByContainer(recordings, given),
  writeObjects: (given) => library.writeObjects(library.mergeRecordings(recordings), given),
  minimizeProgram: (given) => library.minimizeProgram(filter, given),
  planFilter: (given) =>
    library.planFilter(policy, {
      architecture: x86,
      optimize: 0,
      unknownSyscall: 'warn',
      resolveSyscall: () => 0,
      ...given,
    }),
  runtimeBehaviour: (given) => library.runtimeBehaviour(given),
  checkProfile: (given) => library.checkProfile(parsed, { libseccomp, ...given }),
  checkProgram: (given) => library.checkProgram(filter, { libseccomp, ...given }),
  decompile: (given) => library.decompile(filter, { libseccomp, ...given }),
  readProgramText: (given) => bpf.readProgramText('', given),
  fixProfile: (given) => library.fixProfile(JSON.stringify(profile), () => parsed, { libseccomp, ...given }),
  readProfile: (given) => library.readProfile(profile, given),
  loadProfile: (given) => library.loadProfile(JSON.stringify(profile), given),
  extendProfile: (given) => library.extendProfile(parsed, () => undefined, given),
  resolvePolicy: (given) => library.resolvePolicy(parsed, { arch: x86, ...given }),
  explainResolution: (given) => library.explainResolution(parsed, { arch: x86, ...given }),
  writeProfile: (given) => library.writeProfile(parsed, 'oci', { arch: 'x86_64', ...given }),
  formatPolicy: (given) =>
    library.formatPolicy(library.nameTable(bpf.policyTable(filter), libseccomp), { width: 80, ...given }),
  loadLibseccomp: (given) => library.loadLibseccomp(given),
  loadLibseccompSync: (given) => library.loadLibseccompSync(given),
  assemble: (given) => bpf.assemble('.arch x86_64\nreturn ALLOW\n', given),
  disassemble: (given) => bpf.disassemble(filter, given),
  formatDisassembly: (given) => bpf.formatDisassembly(bpf.disassemble(filter), given),
  formatAssembly: (given) => bpf.formatAssembly(bpf.disassemble(filter), given),
  simulate: (given) =>
    bpf.simulate(filter, { arch: 0, nr: 0, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] }, given),
  createSimulator: (given) => bpf.createSimulator(filter, given),
  buildDecisionDiagram: (given) => bpf.buildDecisionDiagram(filter, given),
  policyTable: (given) => bpf.policyTable(filter, given),
  createCallTable: (given) => bpf.createCallTable(filter, given),
  seenArchitectures: (given) => bpf.seenArchitectures(filter, given),
  readCallCounts: (given) => library.readCallCounts('read 1\n', { architecture: 'x86_64', libseccomp, ...given }),
  compareDecisions: (given) => bpf.compareDecisions(filter, filter, given),
  implies: (given) => bpf.implies(filter, filter, given),
  seccompMatchers: (given) => seccompMatchers(given),
};

/** Those of the loader, refused before anything is done. */
const LOADER: Readonly<Record<string, Call>> = {
  installFilter: (given) => checkInstallation(filter, given, thisHost),
  installAndExec: (given) => installAndExec({ filter, command: '/nonexistent/command', ...given }),
  spawnSandboxed: (given) => spawnSandboxed('/nonexistent/command', [], { filter, ...given }),
  superviseListener: (given) => superviseListener(-1, given),
  createSeccompAgent: (given) =>
    createSeccompAgent({ socketPath: '/nonexistent/socket', onContainer: () => undefined, ...given }),
};

async function refusal(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

it.each(Object.entries({ ...FUNCTIONS, ...LOADER }))('%s has no option of another name', async (_, call) => {
  for (const name of ['xyzzy', 'toString', '__proto_', 'constructor']) {
    const error = await refusal(() => call({ [name]: 1 }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toContain(`has no option "${name}"`);
  }
});

it.each(Object.entries(FUNCTIONS))('%s takes options that are undefined as absent', async (_, call) => {
  await call({});
});

it.each<[string, object, RegExp]>([
  ['compileProfile', { unknownSyscal: 'error' }, /no option "unknownSyscal"; did you mean unknownSyscall\?/],
  ['compileProfileSync', { runtme: 'runc' }, /no option "runtme"; did you mean runtime\?/],
  ['compilePolicy', { verfy: false }, /did you mean verify\?/],
  [
    'compileParsedProfile',
    { verify: 'everything' },
    /verify cannot be "everything"; it takes "all", "conditions", true or false/,
  ],
  ['compileProfile', { verify: 'condition' }, /did you mean "conditions"\?/],
  ['compileProfile', { verify: 1 }, /verify cannot be 1/],
  ['compileProfile', { runtime: 'runcc' }, /did you mean "runc"\?/],
  ['compileProfile', { runtime: 'toString' }, /runtime cannot be "toString"; it takes/],
  ['compileProfile', { unknownSyscall: 'errors' }, /did you mean "error"\?/],
  ['compileProfile', { enosysStub: 'no' }, /enosysStub cannot be "no"; it takes true or false/],
  ['compileProfile', { conditions: 'split-al' }, /did you mean "split-all"\?/],
  ['compileProfile', { wideValues: 'exactly' }, /did you mean "exact"\?/],
  ['compileProfile', { optimize: '2' }, /optimize cannot be "2"; it takes 0, 1, 2, "min"/],
  ['compileProfile', { optimize: 'mim' }, /did you mean "min"\?/],
  ['compileProfile', { fallback: 2 }, /fallback cannot be 2; it takes "min"/],
  ['compileProfile', { weights: 'cached' }, /did you mean "uncached"\?/],
  ['checkProfile', { optimize: 'min' }, /optimize cannot be "min"; it takes 0, 1, 2/],
  ['checkProfile', { fallback: 'min' }, /no option "fallback"/],
  ['compileProfile', { capabilities: 'CAP_SYS_ADMIN' }, /capabilities cannot be "CAP_SYS_ADMIN"; it takes a list/],
  ['compileProfile', { libseccompVersion: '2.5.9' }, /did you mean "2\.5\.4"\?/],
  ['checkProfile', { capabilites: [] }, /did you mean capabilities\?/],
  ['checkProfile', { engine: 'dcker' }, /did you mean "docker"\?/],
  ['runtimeBehaviour', { runtme: 'runc' }, /did you mean runtime\?/],
  ['readProfile', { fromat: 'oci' }, /did you mean format\?/],
  ['readProfile', { format: 'ocy' }, /did you mean "oci"\?/],
  ['resolvePolicy', { strictErrno: true }, /did you mean strictErrnoRet\?/],
  ['intersectProfiles', { to: 'dcker' }, /did you mean "docker"\?/],
  ['unionProfiles', { denied: 'EPERM' }, /no option "denied"/],
  ['disassemble', { endianness: 'litle' }, /did you mean "little"\?/],
  ['policyTable', { endianess: 'big' }, /did you mean endianness\?/],
  ['compareDecisions', { step: 1 }, /did you mean steps\?/],
])('%s of %o names what is nearest', async (name, given, message) => {
  expect((await refusal(() => (FUNCTIONS[name] as Call)(given))).message).toMatch(message);
});

it.each<[string, object, RegExp]>([
  ['installFilter', { noNewPriv: true }, /did you mean noNewPrivs\?/],
  ['installFilter', { tsync: 'yes' }, /tsync cannot be "yes"; it takes true or false/],
  ['spawnSandboxed', { onNotifcation: () => undefined }, /did you mean onNotification\?/],
  ['spawnSandboxed', { installOptions: { logs: true } }, /did you mean log\?/],
  ['superviseListener', { onReprot: () => undefined }, /did you mean onReport\?/],
  ['createSeccompAgent', { onErorr: () => undefined }, /did you mean onError\?/],
])('%s of the loader, of %o', async (name, given, message) => {
  expect((await refusal(() => (LOADER[name] as Call)(given))).message).toMatch(message);
});

it.each([undefined, null, 'x86_64', []])('options that are %s are none', async (options) => {
  const error = await refusal(() => library.compileProfileSync(profile, options as never));
  expect(error).toBeInstanceOf(InvalidArgumentError);
});

it('every function of the package that takes options is among these', () => {
  // Functions with other parameters alone, and those whose last parameter is a value, not options.
  const known = new Set(Object.keys(FUNCTIONS));
  for (const name of ['learnProfile', 'mergeLearned']) known.add(name);
  const source = [library, bpf].flatMap((module) =>
    Object.entries(module).filter(
      ([, value]) => typeof value === 'function' && /\boptions\b/.test(String(value).split('{')[0] ?? ''),
    ),
  );
  expect(source.map(([name]) => name).filter((name) => !known.has(name) && !/^[A-Z]/.test(name))).toEqual([]);
});
