import type { SourceDocument } from '../document/source-document.js';
import type { SourceText } from '../document/source-text.js';
import { dockerWarnings, writeDocker } from './docker/write.js';
import { goSeccompBpfAdvice } from './go-seccomp-bpf/advice.js';
import { readGoSeccompBpf } from './go-seccomp-bpf/read.js';
import { writeGoSeccompBpf } from './go-seccomp-bpf/write.js';
import type { Advised, Reader, Writer } from './handler.js';
import type { FormatName, LinesFormatName, OutputFormat, ProfileFormat } from './index.js';
import { kafelAdvice } from './kafel/advice.js';
import { readKafel } from './kafel/read.js';
import { writeKafel } from './kafel/write.js';
import { listAdvice } from './list/advice.js';
import { readList } from './list/read.js';
import { writeList } from './list/write.js';
import { lxcAdvice } from './lxc/advice.js';
import { readLxc } from './lxc/read.js';
import { writeLxc } from './lxc/write.js';
import { minijailAdvice } from './minijail/advice.js';
import { readMinijail, readMinijailPy } from './minijail/read.js';
import { writeMinijailPy } from './minijail/write.js';
import { readNsjail } from './nsjail/read.js';
import { engineAdvice, sectionAdvice } from './oci/advice.js';
import { readSection } from './oci/read.js';
import { writeOci } from './oci/write.js';
import { seccompilerAdvice } from './seccompiler/advice.js';
import { readSeccompiler } from './seccompiler/read.js';
import { snapdAdvice } from './snapd/advice.js';
import { readSnapd } from './snapd/read.js';
import { writeSnapd } from './snapd/write.js';
import { spoAdvice } from './spo/advice.js';
import { readSpo } from './spo/read.js';
import { writeSpo } from './spo/write.js';
import { systemdAdvice } from './systemd/advice.js';
import { readSystemdUnit } from './systemd/read.js';

type Handlers = {
  readonly [Name in ProfileFormat]: Advised &
    (Name extends FormatName ? Reader<Name extends LinesFormatName ? SourceText : SourceDocument> : unknown) &
    (Name extends OutputFormat ? Writer : unknown);
};

/** What reads each format of the list, what writes it where a profile is written in it, and the words of advice for it. */
export const HANDLERS: Handlers = {
  oci: { read: readSection, write: writeOci, advice: engineAdvice },
  'oci-config': { advice: sectionAdvice },
  docker: { read: readSection, write: writeDocker, warnings: dockerWarnings, advice: engineAdvice },
  spo: { read: readSpo, write: writeSpo, advice: spoAdvice },
  seccompiler: { read: readSeccompiler, advice: seccompilerAdvice },
  'go-seccomp-bpf': { read: readGoSeccompBpf, write: writeGoSeccompBpf, advice: goSeccompBpfAdvice },
  systemd: { read: readSystemdUnit, advice: systemdAdvice },
  snapd: { read: readSnapd, write: writeSnapd, advice: snapdAdvice },
  lxc: { read: readLxc, write: writeLxc, advice: lxcAdvice },
  'minijail-py': { read: readMinijailPy, write: writeMinijailPy, advice: minijailAdvice },
  minijail: { read: readMinijail, advice: minijailAdvice },
  kafel: { read: readKafel, write: writeKafel, advice: kafelAdvice },
  nsjail: { read: readNsjail, advice: kafelAdvice },
  list: { read: readList, write: writeList, advice: listAdvice },
};
