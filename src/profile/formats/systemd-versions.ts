export type SystemdVersion = '252' | '262';

/** The systemds whose groups are known, from Debian 12 and from its testing release, oldest first. */
export const SYSTEMD_VERSIONS: readonly SystemdVersion[] = ['252', '262'];

/** What is meant where nothing is said. */
export const NEWEST_SYSTEMD: SystemdVersion = '262';
