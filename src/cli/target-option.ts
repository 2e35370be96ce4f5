import { Option } from 'commander';
import { TARGETS } from '../compose/targets/target.js';

/** `--target`, of the commands that say what a place makes of a profile. */
export const targetOption = (help: string): Option => new Option('--target <target>', help).choices(TARGETS);
