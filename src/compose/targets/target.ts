import type { RuntimeName } from '../../compiler/runtime.js';

/** Where a profile goes. */
export const TARGETS = ['docker', 'podman', 'containerd', 'cri-o', 'kubernetes', 'systemd', 'artifact'] as const;
export type TargetName = (typeof TARGETS)[number];

/** A program that has a part in what a target does, and how it is known. */
export interface TargetSoftware {
  readonly name: string;
  /** Of the release, or the commit of the source. */
  readonly version: string;
  /** `run`: a test runs it; `read`: its source was read, in the files of `where`. */
  readonly how: 'run' | 'read';
  readonly where: string;
}

/** Who decodes the file, and into what: Go's encoding/json ignores a key that the structure lacks. */
export interface FileReader {
  readonly who: string;
  readonly into: 'moby' | 'containers-common' | 'runtime-spec';
}

interface Target {
  /** As a heading has it. */
  readonly title: string;
  /** Those that read it as JSON; none for a unit and an artifact, which have readers of their own. */
  readonly readers: readonly FileReader[];
  /** What makes the filter. */
  readonly runtimes: readonly RuntimeName[];
  readonly software: readonly TargetSoftware[];
}

const software = (name: string, version: string, how: TargetSoftware['how'], where: string): TargetSoftware => ({
  name,
  version,
  how,
  where,
});

const MEASURED = 'docs/field/runtimes.md';
const RUNC = software('runc', '1.5', 'read', 'libcontainer/specconv, libcontainer/seccomp');
const CRUN = software('crun', '1.8.1', 'run', MEASURED);
const CONTAINERD_RUN = software('containerd', '1.6.20', 'run', MEASURED);
const CONTAINERD = software('containerd', 'commit 3096e87', 'read', 'contrib/seccomp/seccomp.go');
const CRIO = software('CRI-O', 'commit 58a9d7e', 'read', 'internal/config/seccomp/seccomp.go');
const COMMON = software(
  'containers/common',
  'commit 050c638 (vendored by Podman)',
  'read',
  'pkg/seccomp/seccomp_linux.go, types.go',
);

const IN_CONTAINERD: FileReader = { who: 'containerd', into: 'runtime-spec' };
const IN_CRIO: FileReader = { who: 'CRI-O', into: 'containers-common' };

/** What is known of each target. docs/runtimes.md has the same. */
export const TARGET_MODELS: Readonly<Record<TargetName, Target>> = {
  docker: {
    title: 'Docker',
    readers: [{ who: 'Docker', into: 'moby' }],
    runtimes: ['runc'],
    software: [
      software('Docker Engine', '20.10.24', 'run', MEASURED),
      software('moby', 'commit 28a047a', 'read', 'profiles/seccomp/seccomp_linux.go, seccomp.go'),
      RUNC,
    ],
  },
  podman: {
    title: 'Podman',
    readers: [{ who: 'Podman', into: 'containers-common' }],
    runtimes: ['crun'],
    software: [software('Podman', '4.3.1', 'run', MEASURED), COMMON, CRUN],
  },
  containerd: {
    title: 'containerd',
    readers: [IN_CONTAINERD],
    runtimes: ['runc'],
    software: [CONTAINERD_RUN, CONTAINERD, RUNC],
  },
  'cri-o': { title: 'CRI-O', readers: [IN_CRIO], runtimes: ['crun'], software: [CRIO, COMMON, CRUN] },
  kubernetes: {
    title: 'Kubernetes',
    readers: [IN_CONTAINERD, IN_CRIO],
    runtimes: ['runc', 'crun'],
    software: [
      software('kubelet', 'before 1.38', 'read', 'pkg/kubelet/kuberuntime/helpers.go'),
      CONTAINERD,
      CRIO,
      COMMON,
      RUNC,
      CRUN,
    ],
  },
  systemd: {
    title: 'systemd',
    readers: [],
    runtimes: [],
    software: ['252', '262'].map((version) =>
      software('systemd', version, 'run', 'src/shared/seccomp-util.c, src/core/execute.c'),
    ),
  },
  artifact: {
    title: 'a Kubernetes runtime, as an artifact',
    readers: [],
    runtimes: [],
    software: [
      software('KEP-6061', 'commit 0eb0b5b', 'read', 'keps/sig-node/6061-oci-artifact-security-profiles'),
      software('security-profiles-merger', 'commit 2f85cf5', 'read', 'seccomp/validate.go, shape.go, rules.go'),
      software('CRI-O', 'main branch of September 2026', 'read', 'internal/securityprofile'),
    ],
  },
};
