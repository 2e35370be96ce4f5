import type { TalliedCall } from '../../../native-loader/index.js';
import { thisHost } from '../../../native-loader/libc/host.js';
import { encodeAction } from '../../action.js';
import { encodeProgram } from '../../bpf/program/codec.js';
import { Opcode } from '../../bpf/program/instruction.js';
import type { Action } from '../../policy.js';
import type { FilterKill } from './observe.js';

export interface Recording {
  calls: readonly TalliedCall[];
  /** The command's exit code; if a signal ended it, as shells have it. */
  exitCode: number;
  /** What the recording lacks. */
  gaps: readonly RecordingGap[];
}

export type RecordingGap =
  | { kind: 'filter'; kill: FilterKill }
  | { kind: 'uncounted'; count: number }
  | { kind: 'cut off' };

/** One instruction: whatever the call and the architecture. */
export function answerAll(action: Action): Uint8Array {
  const instruction = { code: Opcode.RET_K, jt: 0, jf: 0, k: encodeAction(action) };
  return encodeProgram([instruction], thisHost.endianness);
}
