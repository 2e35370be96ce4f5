import type { AdviceWording } from '../advice.js';
import { systemdAdvice } from '../systemd/advice.js';

export const nspawnAdvice: AdviceWording = {
  ...systemdAdvice,
  action: (kind) => (kind === 'ALLOW' ? 'SystemCallFilter=' : kind),
  answerEnosys: () => 'systemd-nspawn answers EPERM to known calls: allow them, or test the program without',
  answerOddEnosys: () => 'systemd-nspawn answers EPERM to known calls: allow them, or test the program without',
  defaultEnosys: () => 'systemd-nspawn answers EPERM to known calls: allow what the program tries',
  addArchitecture: () => "systemd-nspawn filters all of the machine's: there is nothing to write",
  splitByteOrders: 'make a file for each byte order',
  masked: () => 'systemd-nspawn compares no arguments',
  maskedForm: () => 'a mask',
  maskOfZero: 'systemd-nspawn compares no arguments',
  listener: 'a listener, which systemd-nspawn has not',
};
