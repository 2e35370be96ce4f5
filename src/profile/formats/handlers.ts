import type { SourceDocument } from '../document/source-document.js';
import type { SourceText } from '../document/source-text.js';
import { dockerWarnings, writeDocker } from './docker/write.js';
import { readFirejail } from './firejail/read.js';
import { writeFirejail } from './firejail/write.js';
import { readGoSeccompBpf } from './go-seccomp-bpf/read.js';
import { writeGoSeccompBpf } from './go-seccomp-bpf/write.js';
import type { Reader, Writer } from './handler.js';
import type { FormatName, LinesFormatName, OutputFormat } from './index.js';
import { readKafel } from './kafel/read.js';
import { writeKafel } from './kafel/write.js';
import { readList } from './list/read.js';
import { writeList } from './list/write.js';
import { readLxc } from './lxc/read.js';
import { writeLxc } from './lxc/write.js';
import { readMinijail, readMinijailPy } from './minijail/read.js';
import { writeMinijailPy } from './minijail/write.js';
import { writeMinijail } from './minijail/write-lines.js';
import { readNsjail } from './nsjail/read.js';
import { writeNsjail } from './nsjail/write.js';
import { readNspawn } from './nspawn/read.js';
import { readSection } from './oci/read.js';
import { writeOci } from './oci/write.js';
import { readSeccompiler } from './seccompiler/read.js';
import { readSnapd } from './snapd/read.js';
import { writeSnapd } from './snapd/write.js';
import { readSpo } from './spo/read.js';
import { writeSpo } from './spo/write.js';
import { readSystemdUnit } from './systemd/read.js';

type Handlers = {
  readonly [Name in FormatName]: Reader<Name extends LinesFormatName ? SourceText : SourceDocument> &
    (Name extends OutputFormat ? Writer : unknown);
};

/** What reads each format of the list, and what writes it where a profile is written in it. */
export const HANDLERS: Handlers = {
  oci: { read: readSection, write: writeOci },
  docker: { read: readSection, write: writeDocker, warnings: dockerWarnings },
  spo: { read: readSpo, write: writeSpo },
  seccompiler: { read: readSeccompiler },
  'go-seccomp-bpf': { read: readGoSeccompBpf, write: writeGoSeccompBpf },
  systemd: { read: readSystemdUnit },
  nspawn: { read: readNspawn },
  snapd: { read: readSnapd, write: writeSnapd },
  firejail: { read: readFirejail, write: writeFirejail },
  lxc: { read: readLxc, write: writeLxc },
  'minijail-py': { read: readMinijailPy, write: writeMinijailPy },
  minijail: { read: readMinijail, write: writeMinijail },
  kafel: { read: readKafel, write: writeKafel },
  nsjail: { read: readNsjail, write: writeNsjail },
  list: { read: readList, write: writeList },
};
