import type { FormatTextOptions } from '../../../src/editor/format/format-profile-text.js';
import type { ProfileFormat } from '../../../src/profile/formats/index.js';

interface Sample {
  readonly format: Exclude<ProfileFormat, 'oci-config'>;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly options?: FormatTextOptions;
}

const lines = (...all: string[]) => `${all.join('\n')}\n`;

/** Texts as somebody may write them, and as they are formatted. */
export const SAMPLES: readonly Sample[] = [
  {
    format: 'docker',
    what: 'numbers past 2^53, keys in their order, comments as keys',
    before:
      '{"_comment": "why",\t"syscalls":[{"names":["read","write"],"args":[ ],"comment": "a  b", "action":"SCMP_ACT_ALLOW"},{"names":["lseek"], "action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}],"defaultAction":"SCMP_ACT_ERRNO"}',
    after: lines(
      '{',
      '  "_comment": "why",',
      '  "syscalls": [',
      '    { "names": ["read", "write"], "args": [], "comment": "a  b", "action": "SCMP_ACT_ALLOW" },',
      '    {',
      '      "names": ["lseek"],',
      '      "action": "SCMP_ACT_ALLOW",',
      '      "args": [{ "index": 1, "value": 18446744073709551615, "op": "SCMP_CMP_EQ" }]',
      '    }',
      '  ],',
      '  "defaultAction": "SCMP_ACT_ERRNO"',
      '}',
    ),
  },
  {
    format: 'oci',
    what: 'what gadget advise puts in front',
    before: '// pod/container\n{"defaultAction":"SCMP_ACT_LOG"}',
    after: '// pod/container\n{\n  "defaultAction": "SCMP_ACT_LOG"\n}\n',
  },
  {
    format: 'oci',
    what: 'in a config.json its part alone, moved in as the file is',
    before:
      '{\n\t"process": {"args":   ["sh"]},\n\t"linux": {\n\t\t"seccomp": {"defaultAction": "SCMP_ACT_LOG","flags":[]},\n\t\t"x":   1\n\t}\n}',
    after:
      '{\n\t"process": {"args":   ["sh"]},\n\t"linux": {\n\t\t"seccomp": {\n\t\t\t"defaultAction": "SCMP_ACT_LOG",\n\t\t\t"flags": []\n\t\t},\n\t\t"x":   1\n\t}\n}',
  },
  {
    format: 'oci',
    what: 'in a config.json of YAML',
    before:
      'process:   {args: [sh]}\nlinux:\n    seccomp: # here\n        defaultAction:   SCMP_ACT_LOG # why\n        # and\n        flags:   []\n    x:    1\n',
    after:
      'process:   {args: [sh]}\nlinux:\n    seccomp: # here\n        defaultAction: SCMP_ACT_LOG # why\n        # and\n        flags: []\n    x:    1\n',
  },
  {
    format: 'spo',
    what: 'comments, quotes and one empty line stay',
    before: lines(
      '# whose',
      'apiVersion: security-profiles-operator.x-k8s.io/v1beta1',
      'kind:   SeccompProfile',
      'metadata: {name:   "x"}',
      '',
      '',
      'spec:',
      '    defaultAction: SCMP_ACT_ERRNO   # nothing else',
      '    syscalls:',
      '    # why',
      '    - action:  SCMP_ACT_ALLOW',
      '      names: [read,    write]',
      "      args: [{index: 0, value: 0x10, op: 'SCMP_CMP_EQ'}]",
    ),
    after: lines(
      '# whose',
      'apiVersion: security-profiles-operator.x-k8s.io/v1beta1',
      'kind: SeccompProfile',
      'metadata: { name: "x" }',
      '',
      'spec:',
      '  defaultAction: SCMP_ACT_ERRNO # nothing else',
      '  syscalls:',
      '    # why',
      '    - action: SCMP_ACT_ALLOW',
      '      names: [ read, write ]',
      "      args: [ { index: 0, value: 0x10, op: 'SCMP_CMP_EQ' } ]",
    ),
  },
  {
    format: 'seccompiler',
    what: 'of Firecracker',
    before: '{"main": {\n"mismatch_action": "trap", "match_action": "allow", "filter": [{"syscall": "read"}]}}',
    after: lines(
      '{',
      '  "main": {',
      '    "mismatch_action": "trap",',
      '    "match_action": "allow",',
      '    "filter": [{ "syscall": "read" }]',
      '  }',
      '}',
    ),
  },
  {
    format: 'go-seccomp-bpf',
    what: "in a Beat's configuration its part alone",
    before:
      'output:   {x: 1}\nseccomp:\n  default_action:   errno\n  syscalls:\n  - action: allow\n    names:\n    - read\n    -  write # out\n# below\nname:   beat\n',
    after:
      'output:   {x: 1}\nseccomp:\n  default_action: errno\n  syscalls:\n    - action: allow\n      names:\n        - read\n        - write # out\n# below\nname:   beat\n',
  },
  {
    format: 'systemd',
    what: 'its settings about filters alone',
    before:
      '[Service]\nExecStart = /bin/true   x\nSystemCallFilter = @system-service   \\\n# between\n        @mount   @debug\n  SystemCallErrorNumber=  EPERM\nMemoryDenyWriteExecute = yes\n\n\n',
    after:
      '[Service]\nExecStart = /bin/true   x\nSystemCallFilter=@system-service \\\n# between\n  @mount @debug\nSystemCallErrorNumber=EPERM\nMemoryDenyWriteExecute=yes\n\n\n',
  },
  {
    format: 'nspawn',
    what: 'its filter',
    before: '[Exec]\nBoot = no\nSystemCallFilter =  @keyring   @clock\n',
    after: '[Exec]\nBoot = no\nSystemCallFilter=@keyring @clock\n',
  },
  {
    format: 'lxc',
    what: 'words and sections',
    before: '2\nallowlist   errno  1  \n\n\n[all]\n# why\nread   allow\nioctl  errno 2  [1,0x5412,==]\n',
    after: '2\nallowlist errno 1\n\n[all]\n# why\nread allow\nioctl errno 2 [1,0x5412,==]\n',
  },
  {
    format: 'snapd',
    what: 'a template',
    before: '  # sockets\nsocket\tAF_UNIX   -  0\n\n\n\nclose\n',
    after: '# sockets\nsocket AF_UNIX - 0\n\nclose\n',
  },
  {
    format: 'firejail',
    what: 'its lines about seccomp alone',
    before: 'caps.drop   all\n  seccomp.drop   mount,umount2   # why\nprotocol\tunix,inet\n\n\nnoroot   # else\n',
    after: 'caps.drop   all\nseccomp.drop mount,umount2 # why\nprotocol unix,inet\n\n\nnoroot   # else\n',
  },
  {
    format: 'minijail-py',
    what: 'a policy',
    before:
      '# a  device\n@default   trap\n{ close,dup } :{arg0==2 ,kill}\nread:1\nioctl [arch=x86_64] : arg1==0x1||  \\\n        arg1 in O_RDONLY | ~O_RDWR ; return   1\n'.replace(
        /A \| ~B/,
        'O_RDONLY | ~O_RDWR',
      ),
    after:
      '# a  device\n@default trap\n{ close, dup }: { arg0 == 2, kill }\nread: 1\nioctl[arch=x86_64]: arg1 == 0x1 || \\\n  arg1 in O_RDONLY|~O_RDWR; return 1\n',
    options: { format: 'minijail-py' },
  },
  {
    format: 'minijail',
    what: 'as minijail0 -S reads it',
    before: 'read:1\nioctl:   arg1 == 1 ;  return EPERM\n',
    after: 'read: 1\nioctl: arg1 == 1; return EPERM\n',
    options: { format: 'minijail' },
  },
  {
    format: 'list',
    what: 'statements, conditions and comments',
    before:
      'default   errno EPERM\n# why\nallow read ,write,\n# between\n      openat( flags&O_CREAT|O_EXCL==0 )#  no new files\nwhen  cap CAP_SYS_ADMIN , arch   x86_64 :allow mount\nsocket( domain:32==1&&type == 2 )->errno EACCES\n\n\n\n',
    after: lines(
      'default errno EPERM',
      '# why',
      'allow read, write,',
      '  # between',
      '  openat(flags & O_CREAT|O_EXCL == 0) #  no new files',
      'when cap CAP_SYS_ADMIN, arch x86_64: allow mount',
      'socket(domain:32 == 1 && type == 2) -> errno EACCES',
    ),
  },
  {
    format: 'kafel',
    what: 'blocks, comments and conditions over several lines',
    before:
      '#define   OUT 1\n/* two\n    lines */\nPOLICY  web{\nALLOW{read,write( fd,buf ){(fd&0x3)==OUT||\nfd==2},// why\nclose}\n}\nUSE web   DEFAULT KILL',
    after: lines(
      '#define OUT 1',
      '/* two',
      '    lines */',
      'POLICY web {',
      '  ALLOW { read, write(fd, buf) { (fd & 0x3) == OUT ||',
      '      fd == 2 }, // why',
      '    close }',
      '}',
      'USE web DEFAULT KILL',
    ),
  },
  {
    format: 'nsjail',
    what: 'the policy in its strings alone',
    before:
      'name:   "x"\nseccomp_string :  "ALLOW {\t"\nseccomp_string: "read,"\nseccomp_string: "\twrite  }"\nseccomp_string: "DEFAULT   KILL"\n\n\nmax_cpus:   1\n',
    after:
      'name:   "x"\nseccomp_string: "ALLOW {"\nseccomp_string: "  read,"\nseccomp_string: "  write }"\nseccomp_string: "DEFAULT KILL"\n\n\nmax_cpus:   1\n',
  },
];
