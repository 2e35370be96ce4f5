import type { Session } from '../session.js';
import { type Recorder, recordVersions } from './recorder.js';
import { type VersionStore, versionStore } from './version-store.js';

export { isRecording, setRecording } from './recorder.js';

export interface KeptVersions {
  versions: VersionStore;
  recorder: Recorder;
}

/** Begin to keep versions in this browser. */
export function startRecording(session: Session): KeptVersions {
  const versions = versionStore();
  return { versions, recorder: recordVersions(session, versions) };
}
