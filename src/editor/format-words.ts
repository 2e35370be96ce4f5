import type { ActionKind } from '../action.js';

/** The words for actions, by format. */
export const ACTION_WORDS_OF = {
  list: {
    allow: 'ALLOW',
    deny: 'ERRNO',
    errno: 'ERRNO',
    kill: 'KILL_PROCESS',
    'kill-process': 'KILL_PROCESS',
    'kill-thread': 'KILL_THREAD',
    trap: 'TRAP',
    log: 'LOG',
    notify: 'NOTIFY',
    trace: 'TRACE',
  },
  minijail: {
    allow: 'ALLOW',
    kill: 'KILL_THREAD',
    'kill-process': 'KILL_PROCESS',
    'kill-thread': 'KILL_THREAD',
    trap: 'TRAP',
    trace: 'TRACE',
    log: 'LOG',
    'user-notify': 'NOTIFY',
  },
  kafel: {
    ALLOW: 'ALLOW',
    LOG: 'LOG',
    DENY: 'KILL_THREAD',
    KILL: 'KILL_THREAD',
    KILL_THREAD: 'KILL_THREAD',
    KILL_PROCESS: 'KILL_PROCESS',
    USER_NOTIF: 'NOTIFY',
    ERRNO: 'ERRNO',
    TRAP: 'TRAP',
    TRACE: 'TRACE',
  },
  lxc: { allow: 'ALLOW', kill: 'KILL_THREAD', errno: 'ERRNO', trap: 'TRAP', notify: 'NOTIFY' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ActionKind>>>>;
