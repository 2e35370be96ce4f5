import type { KeysFormat } from '../format.js';

/** Docker's format (moby, profiles/seccomp), with the errno names that Podman adds to it. */
export const docker = {
  id: 'docker',
  title: 'Docker',
  phrase: "Docker's format",
  syntax: 'keys',
  traits: { readBy: ['engine'] },
  output: {
    extension: 'json',
    about: 'also Podman',
    note: 'for --security-opt seccomp=FILE; Podman takes it too',
    isOpen: true,
  },
} as const satisfies KeysFormat;
