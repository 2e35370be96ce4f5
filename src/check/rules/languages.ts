import type { CheckRule } from '../rule.js';
import { fromReader } from './from-reader.js';

/** What other tools' languages let one get wrong, by their readers' codes. */
export const LANGUAGE_RULES: readonly CheckRule[] = [
  fromReader(
    'lxc-section',
    'warning',
    'A section of an LXC policy that has the name of an ABI: it chooses hosts, and its lines are for every ABI.',
    'write the lines into [all], or keep them for these hosts',
  ),
  fromReader(
    'lxc-no-all',
    'warning',
    'An LXC allow-list with lines for some hosts only: on others it allows nothing.',
    'put a section [all] before what every host is to allow',
  ),
  fromReader(
    'snapd-complain',
    'warning',
    'A snapd template in `@complain` with lines of `~`: what is allowed is logged too.',
    'take the lines of "~" out to see what is not allowed alone',
  ),
  fromReader(
    'snapd-mask',
    'advice',
    'A mask of several bits in a snapd template: all of them must be set.',
    'write a line for each bit where one of them is enough',
  ),
  fromReader(
    'firejail-32-bit-open',
    'warning',
    'A firejail list of 64-bit calls alone: the 32-bit calls of x86_64 are open.',
    'add seccomp.block-secondary, or seccomp.32.drop beside a seccomp.drop',
  ),
  fromReader(
    'firejail-list-replaced',
    'warning',
    'A list of a firejail profile that has no effect beside another.',
    'put the calls into the list that counts, and take this line out',
  ),
  fromReader(
    'firejail-ignored',
    'warning',
    'A line about seccomp that an earlier `ignore` of a firejail profile takes away.',
    'take the line out, or the "ignore"',
  ),
  fromReader(
    'firejail-unknown-call',
    'warning',
    'A call that is newer than firejail 0.9.72: firejail ignores its name.',
    'take the name out, and do not rely on it',
  ),
  fromReader(
    'include-unread',
    'advice',
    'A file that a firejail profile includes, and that was not read.',
    'check the profile where the file is',
  ),
  fromReader(
    'nspawn-still-allowed',
    'warning',
    'A group that a `.nspawn` file takes away, of which calls stay allowed.',
    'name the calls themselves behind "~"',
  ),
  fromReader(
    'nspawn-capability',
    'advice',
    'A `Capability=` of a `.nspawn` file with which systemd-nspawn allows more calls.',
    'take it out, or name the calls behind "~" in SystemCallFilter=',
  ),
];
