// The shapes that languages without JSON can say, each in the words of its owner: what LXC, snapd and systemd make of them.

export const LANGUAGES = ['lxc', 'snapd', 'systemd'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A shape in each language that has it, and what its owner's filter answers: `refused` where there is none. */
export interface WrittenShape {
  readonly what: string;
  readonly ask: readonly string[];
  readonly texts: Readonly<Partial<Record<Language, string>>>;
  readonly answers: Readonly<Partial<Record<Language, string>>>;
}

const lxc = (...lines: string[]): string => `2\ndenylist\n${lines.join('\n')}\n`;
const snapd = (...lines: string[]): string => `read\n${lines.join('\n')}\n`;
/** Lines of a unit's section. */
const systemd = (...lines: string[]): string => lines.map((line) => `SystemCallFilter=${line}`).join('\n');

export const WRITTEN_SHAPES: readonly WrittenShape[] = [
  {
    what: 'an unknown name beside a known one',
    ask: ['swapon'],
    texts: {
      lxc: lxc('no_such_call errno 1', 'swapon errno 1'),
      snapd: snapd('no_such_call', 'swapon'),
      systemd: systemd('~no_such_call swapon'),
    },
    answers: { lxc: 'EPERM', snapd: 'ALLOW', systemd: 'KILL_PROCESS' },
  },
  {
    what: 'a number for a name',
    ask: ['swapon'],
    texts: { lxc: lxc('167 errno 1'), snapd: snapd('167'), systemd: systemd('~167 swapoff') },
    answers: { lxc: 'ALLOW', snapd: 'EPERM', systemd: 'ALLOW' },
  },
  {
    what: 'no names',
    ask: ['swapon'],
    texts: { lxc: lxc(), snapd: snapd() },
    answers: { lxc: 'ALLOW', snapd: 'EPERM' },
  },
  {
    what: 'an errno',
    ask: ['swapon'],
    texts: { lxc: lxc('swapon errno 5'), systemd: systemd('~swapon:EIO') },
    answers: { lxc: 'EIO', systemd: 'EIO' },
  },
  {
    what: 'errno 0',
    ask: ['swapon'],
    texts: { lxc: lxc('swapon errno 0'), systemd: systemd('~swapon:0 swapoff') },
    answers: { lxc: '0', systemd: '0' },
  },
  {
    what: 'errno 4096, past MAX_ERRNO',
    ask: ['swapon'],
    texts: { lxc: lxc('swapon errno 4096'), systemd: systemd('~swapon:4096 swapoff') },
    answers: { lxc: 'refused', systemd: 'ALLOW' },
  },
  {
    what: 'an unknown action',
    ask: ['swapon'],
    texts: { lxc: lxc('swapon refuse'), systemd: systemd('~swapon:refuse swapoff') },
    answers: { lxc: 'refused', systemd: 'ALLOW' },
  },
  {
    what: "an entry with the default's action",
    ask: ['swapon'],
    texts: { lxc: lxc('swapon allow'), systemd: systemd('~swapon swapoff', 'swapon') },
    answers: { lxc: 'refused', systemd: 'ALLOW' },
  },
  {
    what: 'conditions on two arguments',
    ask: ['kill(1, 9)', 'kill(1, 2)'],
    texts: { lxc: lxc('kill errno 1 [0,1,==][1,9,==]'), snapd: snapd('kill 1 9') },
    answers: { lxc: 'EPERM, ALLOW', snapd: 'ALLOW, EPERM' },
  },
  {
    what: 'two conditions on one argument',
    ask: ['personality(2)', 'personality(6)', 'personality(9)'],
    texts: { lxc: lxc('personality errno 22 [0,4,>=][0,8,<=]') },
    answers: { lxc: 'refused' },
  },
  {
    what: 'masked: 0x10 of 0xf0',
    ask: ['personality(0x1f)', 'personality(0xf0)'],
    texts: { lxc: lxc('personality errno 22 [0,16,&=,240]'), snapd: snapd('personality |16') },
    answers: { lxc: 'EINVAL, ALLOW', snapd: 'ALLOW, ALLOW' },
  },
  {
    what: 'a seventh argument',
    ask: ['personality(8)'],
    texts: { lxc: lxc('personality errno 22 [6,8,==]'), snapd: snapd('personality - - - - - - 8') },
    answers: { lxc: 'refused', snapd: 'refused' },
  },
  {
    what: 'a value that is no number',
    ask: ['personality(8)'],
    texts: { lxc: lxc('personality errno 22 [0,eight,==]'), snapd: snapd('personality eight') },
    answers: { lxc: 'refused', snapd: 'refused' },
  },
  {
    what: 'value -1',
    ask: ['personality(0xffffffff)', 'personality(0xffffffffffffffff)'],
    texts: { lxc: lxc('personality errno 22 [0,-1,==]'), snapd: snapd('personality -1') },
    answers: { lxc: 'refused', snapd: 'refused' },
  },
  {
    what: 'value 0x100000008',
    ask: ['personality(0x100000008)', 'personality(8)'],
    texts: { lxc: lxc('personality errno 22 [0,4294967304,==]'), snapd: snapd('personality 4294967304') },
    answers: { lxc: 'EINVAL, ALLOW', snapd: 'refused' },
  },
  {
    what: 'two errnos for one call',
    ask: ['swapon'],
    texts: {
      lxc: lxc('swapon errno 5', 'swapon errno 22'),
      systemd: systemd('~swapon:EIO', '~swapon:EINVAL'),
    },
    answers: { lxc: 'EIO', systemd: 'EINVAL' },
  },
  {
    what: 'always, then with a condition',
    ask: ['personality(8)', 'personality(9)'],
    texts: {
      lxc: lxc('personality errno 5', 'personality errno 22 [0,8,==]'),
      snapd: snapd('personality', 'personality 8'),
    },
    answers: { lxc: 'EIO, EIO', snapd: 'ALLOW, ALLOW' },
  },
  {
    what: 'with a condition, then always',
    ask: ['personality(8)', 'personality(9)'],
    texts: {
      lxc: lxc('personality errno 22 [0,8,==]', 'personality errno 5'),
      snapd: snapd('personality 8', 'personality'),
    },
    answers: { lxc: 'EIO, EIO', snapd: 'ALLOW, ALLOW' },
  },
  {
    what: 'conditions that overlap',
    ask: ['personality(4)', 'personality(8)'],
    texts: {
      lxc: lxc('personality errno 5 [0,4,>=]', 'personality errno 22 [0,8,>=]'),
      snapd: snapd('personality >=4', 'personality >=8'),
    },
    answers: { lxc: 'EIO, EINVAL', snapd: 'ALLOW, ALLOW' },
  },
  { what: 'NOTIFY', ask: ['swapon'], texts: { lxc: lxc('swapon notify') }, answers: { lxc: 'NOTIFY' } },
  {
    what: 'an unknown architecture',
    ask: ['swapon'],
    texts: { lxc: lxc('[z80]', 'swapon errno 1') },
    answers: { lxc: 'refused' },
  },
];

/** Where `scmp` refuses what an owner ignores, with a line in its log at most. */
export const STRICTER_THAN_OWNERS: Readonly<Record<string, readonly Language[]>> = {
  'a number for a name': ['lxc', 'snapd'],
  'errno 4096, past MAX_ERRNO': ['systemd'],
  'an unknown action': ['systemd'],
};
