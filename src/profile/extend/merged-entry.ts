import type { Locate } from '../model/parsed-profile.js';
import type { DockerSyscall } from '../model/schema.js';

/** An entry of a profile that was put together, and where its parts are; paths are from the entry on. */
export interface MergedEntry {
  entry: DockerSyscall;
  locate: Locate;
}
