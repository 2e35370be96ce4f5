/** The systemds whose groups are known, from Debian 12 and from its testing release, oldest first. */
export const SYSTEMD_VERSIONS = ['252', '262'] as const;
export type SystemdVersion = (typeof SYSTEMD_VERSIONS)[number];

/** What is meant where nothing is said. */
export const NEWEST_SYSTEMD: SystemdVersion = '262';
