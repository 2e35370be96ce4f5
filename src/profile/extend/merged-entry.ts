import type { Locate } from '../model/parsed-profile.js';
import type { DockerSyscall } from '../model/schema.js';

/** An entry of a merged profile, and where its parts are; paths begin at the entry. */
export interface MergedEntry {
  entry: DockerSyscall;
  locate: Locate;
}
