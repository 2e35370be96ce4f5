import { permits } from '../../action.js';
import type { PolicyRule } from '../../policy.js';
import type { AdviceWording } from '../../profile/formats/advice.js';
import type { CheckContext } from '../context.js';
import type { CheckRule } from '../rule.js';

/**
 * Calls that the defaults of Docker and Podman refuse, or allow only with a capability: the kernel's own checks should
 * not be the only protection there.
 */
export const SENSITIVE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    bpf: 'loads programs into the kernel; tie it to CAP_BPF',
    perf_event_open: 'watches the kernel and other programs; tie it to CAP_PERFMON',
    userfaultfd: 'lets a program stop the kernel in the middle of a copy, which exploits lean on',
    open_by_handle_at: "opens files past the container's root with CAP_DAC_READ_SEARCH; tie it to that capability",
    init_module: 'loads kernel modules; tie it to CAP_SYS_MODULE',
    finit_module: 'loads kernel modules; tie it to CAP_SYS_MODULE',
    kexec_load: 'replaces the running kernel',
    kexec_file_load: 'replaces the running kernel',
    iopl: 'opens I/O ports; tie it to CAP_SYS_RAWIO',
    ioperm: 'opens I/O ports; tie it to CAP_SYS_RAWIO',
    io_uring_setup: 'does files and sockets in the kernel without calls that a filter sees, and has had many faults',
  }),
);

/** Says whether an entry is there for containers with a capability. */
function tiedToCapability({ entries }: CheckContext): (rule: PolicyRule) => boolean {
  const keyOf = ({ source, path }: { source?: string | undefined; path: string }) => JSON.stringify([source, path]);
  const tied = new Set(
    entries.filter(({ written }) => written.includes?.caps?.length).map(({ place }) => keyOf(place)),
  );
  return (rule) => tied.has(keyOf(rule));
}

const sensitiveCall: CheckRule = {
  id: 'sensitive-call',
  severity: 'advice',
  summary: 'A call allowed to every container that the defaults of Docker and Podman refuse or tie to a capability.',
  *checkTarget(target, context) {
    if (target.isDenyList) return;
    const isTied = tiedToCapability(context);
    for (const rule of target.policy.rules) {
      if (!permits(rule.action) || isTied(rule)) continue;
      for (const { name, ...place } of rule.names) {
        const reason = SENSITIVE.get(name);
        if (reason === undefined || target.verdict(name).permitted === 'never') continue;
        if (!target.existsSomewhere(name)) continue;
        yield {
          place,
          message: `${name} is allowed to every program: it ${reason.replace(/; .*/, '')}`,
          advice: advise(name, reason, context.terms),
        };
      }
    }
  },
};

function advise(name: string, reason: string, terms: AdviceWording): string {
  const capability = reason.includes('tie it to') ? /CAP_\w+/.exec(reason)?.[0] : undefined;
  return capability ? terms.tieToCapability(name, capability) : terms.takeOut(name);
}

const TIOCSTI = 0x5412n;
const TIOCLINUX = 0x541cn;

const terminalInput: CheckRule = {
  id: 'terminal-input-open',
  severity: 'warning',
  summary: 'TIOCSTI kept from ioctl and TIOCLINUX not: either puts input into the terminal outside.',
  *checkTarget(target) {
    if (!target.isDenyList) return;
    const { architecture, verdict } = target;
    const answers = (request: bigint) =>
      target.actions('ioctl', architecture, [{ index: 1, op: 'EQ', value: request, valueTwo: 0n }]) ?? [];
    const rule = verdict('ioctl').rules.find(({ action, conditions }) => !permits(action) && conditions.length > 0);
    const isOpen = answers(TIOCLINUX).every(permits);
    if (!rule || !isOpen || answers(TIOCSTI).every(permits)) return;
    yield {
      place: rule,
      message: 'ioctl is denied TIOCSTI (0x5412), and TIOCLINUX (0x541c), which pastes into a console, is open',
      advice: 'deny 0x541c of argument 1 in the same way',
    };
  },
};

export const SENSITIVE_RULES: readonly CheckRule[] = [sensitiveCall, terminalInput];
