import { Option } from 'commander';
import { LAUNCHERS, type Launcher } from '../../learn/launchers.js';
import { OUTPUT_FORMATS } from '../../profile/formats/index.js';
import { MERGE_CHOICES, type MergeChoices } from '../merge-options.js';
import { type FlagsOf, INPUT_OPTIONS, TARGET_OPTIONS } from '../options.js';

export const RECORD_OPTIONS = {
  output: 'where to write the profile (default: standard output; the command’s own goes to standard error then)',
  to: new Option('--to <format>', 'the format; oci has no comments').choices(OUTPUT_FORMATS).default('docker'),
  args: true,
  for: new Option('--for <launcher>', 'allow what this does under the filter too, when it starts the program').choices(
    LAUNCHERS,
  ),
  observe: true,
  counts: new Option('--counts <file>', 'also write how often each call was made, which compile takes as --weights'),
  merge: new Option('--merge <profile>', 'write this profile with what it lacks, and who made it; what is there stays'),
  ...MERGE_CHOICES,
  fromAudit: new Option(
    '--from-audit <file>',
    'learn from the kernel’s audit records (type=1326); "-" is standard input',
  ),
  fromStrace: new Option('--from-strace <file>', 'learn from what strace -f wrote; "-" is standard input'),
  arch: 'the machine the log is from (default: this machine’s)',
  ...TARGET_OPTIONS,
  kernel: 'the one that runs',
  ...INPUT_OPTIONS,
} as const;

export interface RecordFlags extends Omit<FlagsOf<typeof RECORD_OPTIONS>, keyof MergeChoices>, MergeChoices {
  args?: boolean;
  counts?: string;
  for?: Launcher;
  merge?: string;
  fromAudit?: string;
  fromStrace?: string;
}
