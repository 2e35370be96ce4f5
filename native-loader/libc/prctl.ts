/** Of linux/prctl.h: prctl(2). */
export const PR_GET_DUMPABLE = 3;
export const PR_SET_DUMPABLE = 4;
