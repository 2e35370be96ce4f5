import type { LinesFormat } from '../format.js';

/** A line of a profile about seccomp, as firejail-profile(5) has it. */
const OWN =
  /^\s*(?:seccomp(?:\.32)?(?:\.drop|\.keep)?(?:[ \t]+[$!@\w].*)?|seccomp\.block-secondary|seccomp-error-action[ \t]+\w+|memory-deny-write-execute|restrict-namespaces(?:[ \t]+[-+=,a-z]+)?|protocol[ \t]+[-+=a-z][-+=,a-z0-9]*)\s*(?:#.*)?$/;
/** Other lines that no other format has. */
const OTHER =
  /^\s*(?:include[ \t]+\S+\.(?:inc|local|profile)|(?:no)?(?:black|white)list[ \t]+\S.*|caps(?:\.(?:drop|keep)[ \t]+\S+)?|noroot|nonewprivs|nogroups|netfilter|private-(?:dev|tmp|bin|etc)\b.*|disable-mnt|dbus-(?:user|system)[ \t]+\w+|ignore[ \t]+\S.*)\s*(?:#.*)?$/;

/** firejail's profiles: `.profile`, `.inc` and `.local`. */
export const firejail = {
  id: 'firejail',
  title: 'firejail',
  phrase: 'a firejail profile',
  syntax: 'lines',
  sign: (line) => line.length < 5000 && (OWN.test(line) || OTHER.test(line)),
  // LXC's policies begin with such words too, which no path follows there.
  isWhole: (text) => /^[ \t]*(?:no)?(?:black|white)list(?:-ro)?[ \t]+[/~$]/m.test(text),
  traits: { entrySyntax: 'firejail', onlyOn: ['x86_64'] },
  output: {
    extension: 'profile',
    about: 'lists of a firejail profile',
    note: 'firejail --profile=FILE',
    hasAbis: true,
  },
} as const satisfies LinesFormat;
