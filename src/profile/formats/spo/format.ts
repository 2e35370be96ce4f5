import { quote } from '../../../text.js';
import type { KeysFormat } from '../format.js';

/** The SeccompProfile of Kubernetes' Security Profiles Operator. */
export const spo = {
  id: 'spo',
  title: 'Kubernetes',
  phrase: 'a SeccompProfile',
  syntax: 'keys',
  sign(keys) {
    const key = ['kind', 'apiVersion'].find((each) => each in keys);
    return key === undefined ? undefined : { key, claim: `a Kubernetes object (${quote(key)})` };
  },
  traits: { extendsAs: 'operator', selectedBy: 'document', lacksDefaultErrno: true },
  output: {
    extension: 'yaml',
    about: 'Kubernetes SeccompProfile',
    note: 'a SeccompProfile of the Security Profiles Operator',
  },
} as const satisfies KeysFormat;
