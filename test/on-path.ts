import { spawnSync } from 'node:child_process';

/** Whether the shell finds a command. */
export const isOnPath = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
