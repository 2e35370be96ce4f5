/** This package's version; a test holds it to package.json's. */
export const VERSION = '0.1.0';

/** The Linux whose system calls and constants the tables have; a test holds it to wasm/linux.lock. */
export const LINUX_VERSION = '7.3';
