import type { Command } from 'commander';

type Example = readonly [line: string, note?: string];

/** What people come for, in the help of `scmp` itself. A test runs them. */
const FIRST_EXAMPLES: readonly Example[] = [
  ['scmp check profile.json', 'mistakes, holes, and what breaks programs'],
  ['scmp explain profile.json', 'what it allows, in words'],
  ['scmp why audit.log --profile profile.json', 'my container broke: which call, why, what to add'],
  ['scmp diff builtin:docker profile.json', "what is otherwise than under Docker's default"],
  ['scmp compile profile.json -o filter.bpf'],
];

/**
 * The examples of every command in the help and the manual page: lines as they are typed, with a note where it is
 * needed. A test runs them.
 */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  compile: [
    ['scmp compile profile.json -o filter.bpf'],
    ['scmp compile profile.json --arch arm64 --format c', 'for another machine, as a C array'],
    ['scmp compile profile.json --arch amd64,arm64 --format ts -o filter.ts', 'for two, as a module that chooses'],
    ['scmp compile profile.json | bwrap --seccomp 0 --ro-bind / / --dev /dev true'],
    ['scmp compile profile.json --cap CAP_SYS_ADMIN --explain-resolution', 'which entries apply, and why'],
  ],
  convert: [
    ['scmp convert profile.json --to spo --arch amd64', 'for the Security Profiles Operator'],
    ['scmp convert unit.service --from systemd --to docker -o profile.json'],
  ],
  fmt: [
    ['scmp fmt profile.json'],
    ['scmp fmt --check profile.json new.json', 'for CI: exit 1 if one would change'],
    ['scmp convert unit.service --to list --arch amd64 | scmp fmt -'],
  ],
  check: [
    ['scmp check profile.json'],
    ['scmp check profile.json --arch x86_64 --arch arm64 --strict'],
    ['scmp check profile.json --fix', 'fix what can be fixed, and never weaken the filter'],
    ['scmp check profile.json --format github', 'annotations in a pull request'],
    ['scmp check --explain wide-comparison', 'what a finding means, and what to do'],
  ],
  simulate: [
    ['scmp simulate profile.json socket AF_VSOCK SOCK_STREAM'],
    ['scmp simulate filter.bpf openat flags=O_CREAT --trace'],
    ['scmp simulate profile.json --arch s390x clone -- -1 CLONE_NEWUSER'],
  ],
  disasm: [
    ['scmp compile profile.json | scmp disasm -'],
    ['scmp disasm filter.bpf --format asm > filter.asm', 'edit it, then: scmp asm filter.asm -o filter.bpf'],
  ],
  asm: [['scmp asm filter.asm -o filter.bpf'], ['scmp compile profile.json --format asm | scmp asm - --format hex']],
  diff: [
    ['scmp diff old.json new.json'],
    ['scmp diff old.json new.json --only weaker', 'for CI: exit 1 if the new one allows more'],
    ['scmp diff filter.bpf new.json --json', 'a compiled filter of any program will do'],
  ],
  intersect: [
    ['scmp intersect profile.json builtin:docker -o strict.json', 'what both allow'],
    ['scmp intersect profile.json builtin:docker --report', 'what each does to every call'],
  ],
  union: [['scmp union old.json new.json -o either.json', 'what any of them allows']],
  subtract: [['scmp subtract builtin:docker profile.json --stricter', "what Docker's default allows beyond it"]],
  implies: [['scmp implies new.json old.json', 'exit 0 if it is nowhere more permissive']],
  explain: [
    ['scmp explain profile.json', 'the whole policy'],
    ['scmp explain profile.json socket', 'one system call, on every architecture'],
    ['scmp explain filter.bpf --json', 'a filter of some other program'],
  ],
  resolve: [
    ['scmp resolve openat2', 'its number on every architecture, and its arguments'],
    ['scmp resolve openat ptrace @file-system --arch arm64'],
    ['scmp resolve 59'],
  ],
  profiles: [['scmp profiles'], ['scmp diff builtin:docker builtin:container-default', 'every command takes them']],
  why: [
    ['scmp why audit.log --profile profile.json', 'which calls were denied, why, and what to add'],
    ['journalctl _TRANSPORT=audit -o json | scmp why - --profile profile.json'],
    ['scmp why trace.log --profile profile.json', 'of a run that worked: what would the profile deny?'],
  ],
  run: [
    ['scmp run --profile profile.json -- ls -l'],
    ['scmp compile profile.json | scmp run --profile - -- ls', 'a program will do'],
    ['scmp run --trace --profile profile.json -- ls /tmp', 'tell which calls are denied'],
  ],
  record: [
    ['scmp record -o profile.json -- ls -l'],
    ['scmp record --args --merge profile.json -o profile.json -- ls /tmp', 'what another run needed'],
    ['scmp record --from-strace trace.log -o profile.json', 'trace.log is of: strace -f -o trace.log ls'],
  ],
  merge: [
    ['scmp merge recordings/ -o profile.json', 'each folder in it is a node'],
    ['scmp merge recordings/ --min-nodes 2 --to spo -o profile.yaml --report report.md', 'with who made which call'],
    ['kubectl get seccompprofiles -o yaml | scmp merge - -o profile.json'],
  ],
  dump: [
    ['scmp dump 4711 -o filter.bpf'],
    ['scmp dump 4711 | scmp explain -', 'what a container may do'],
    ['scmp dump 4711 --all', 'what all its filters decide together'],
    ['scmp dump -- scmp run --profile profile.json -- ls', 'the filters that a command installs; takes no root'],
  ],
  lsp: [['scmp lsp --stdio', 'what an editor starts: docs/lsp.md has the features and settings']],
  playground: [
    ['scmp playground'],
    ['scmp playground --port 0', 'any free port'],
    ['scmp playground --build site', 'a static site in the folder site'],
  ],
  schema: [
    ['scmp schema -o schema.json', 'for "$schema" in a profile: editors complete and check it'],
    ['scmp schema --format spo'],
  ],
  features: [['scmp features'], ['scmp features --json | grep notif']],
  completion: [
    ['source <(scmp completion bash)', 'in ~/.bashrc'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    ['scmp completion zsh > "${fpath[1]}/_scmp"', 'once, before compinit'],
    ['scmp completion fish > ~/.config/fish/completions/scmp.fish'],
  ],
};

/** A command's examples as lines, the notes below each other; none where there are no examples. */
export function exampleLines(command: Command): readonly string[] {
  const examples = command.parent ? (EXAMPLES[command.name()] ?? []) : FIRST_EXAMPLES;
  const width = Math.max(...examples.map(([line, note]) => (note === undefined ? 0 : line.length)));
  return examples.map(([line, note]) => (note === undefined ? line : `${line.padEnd(width)}   ${note}`));
}
