import type { AdviceWording } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';

export const spoAdvice: AdviceWording = {
  ...sectionAdvice,
  defaultEnosys: () =>
    'a SeccompProfile gives the default no errno: runc, which answers ENOSYS by itself, is checked with --runtime runc',
  note: 'take it out: the API server drops it',
};
