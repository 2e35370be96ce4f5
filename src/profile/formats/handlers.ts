import type { SourceDocument } from '../document/source-document.js';
import type { SourceText } from '../document/source-text.js';
import { dockerWarnings, writeDocker } from './docker/write.js';
import type { Reader, Writer } from './handler.js';
import type { FormatName, LinesFormatName, OutputFormat } from './index.js';
import { readList } from './list/read.js';
import { writeList } from './list/write.js';
import { readSection } from './oci/read.js';
import { writeOci } from './oci/write.js';
import { readSeccompiler } from './seccompiler/read.js';
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
  systemd: { read: readSystemdUnit },
  list: { read: readList, write: writeList },
};
