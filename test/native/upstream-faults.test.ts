import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { simulate } from '../../src/bpf/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { APPLIED, buildLibrary, PATCHES, readLock } from './patch-variants.js';
import { hasSecond, SECOND_LIBRARY, SECOND_RELEASE } from './second-oracle.js';

// docs/upstream.md: each piece of C is wrong, in the way the page says, with the releases that it was seen in, and right
// with ours. What has no patch is wrong with ours as well.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/upstream.md'), 'utf8');
const sections = page.split(/^## /m).slice(1);

interface Shown {
  what: string;
  hasPatch: boolean;
  seen: readonly string[];
  kind: 'Prints' | 'Decides';
  call: string;
  wrong: string;
  right: string;
  code: string;
}

const SENTENCE =
  /^Seen in ([\d., and]+)\. (?:(Prints) `(.*)`|(Decides) `(.*)`: (\w+))\. Should: `?([\w-]+)`?\.\n\n```c\n([\s\S]*?)^```$/gm;

const shown: Shown[] = sections.flatMap((section) => {
  const [title = ''] = section.split('\n');
  return [...section.matchAll(SENTENCE)].map(
    ([, seen = '', prints, printed, , call = '', decided, right = '', code = '']) => ({
      what: `${title.trim()}: ${call || printed}`,
      hasPatch: /^\d\d: /.test(title),
      seen: seen.split(/, | and /),
      kind: prints ? ('Prints' as const) : ('Decides' as const),
      call,
      wrong: (prints ? printed : decided) as string,
      right,
      code,
    }),
  );
});

const folder = mkdtempSync(join(tmpdir(), 'scmp-upstream-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each piece compiled once, by its C: the headers of the releases are alike in what it uses. */
const objects = new Map<string, string>();

function compiled({ kind, code }: Shown): string {
  const known = objects.get(code);
  if (known) return known;
  const [source, object] = [join(folder, 'fault.c'), join(folder, `fault-${objects.size}.o`)];
  const end = kind === 'Decides' ? 'seccomp_export_bpf(ctx, 1);' : '';
  const headers = ['seccomp', 'stdio', 'stdlib'].map((name) => `#include <${name}.h>\n`).join('');
  writeFileSync(
    source,
    `${headers}int main(int argc, char *argv[])\n{\n(void)argc, (void)argv;\n${code}${end}\nreturn 0;\n}\n`,
  );
  execFileSync('gcc', ['-Wall', '-Werror', `-I${buildLibrary().include}`, '-c', source, '-o', object]);
  objects.set(code, object);
  return object;
}

/** What a piece of C prints or decides with a library. */
function outcome(shown: Shown, library: string): string {
  const program = join(folder, 'fault');
  execFileSync('gcc', [compiled(shown), library, '-o', program], { stdio: 'pipe' });
  const output = execFileSync(program);
  return shown.kind === 'Prints' ? output.toString().trimEnd() : decide(output, shown.call);
}

function decide(program: Uint8Array, call: string): string {
  const [, name = 'x86_64', syscall = '', values = ''] = /^(?:(\w+) )?(\w+)\((.*)\)$/.exec(call) ?? [];
  const architecture = parseArchitecture(name);
  const nr = /^\d+$/.test(syscall) ? Number(syscall) : loadLibseccompSync().resolveSyscallName(syscall, architecture);
  const given = values.split(', ').filter(Boolean).map(BigInt);
  const args = Array.from({ length: 6 }, (_, i) => given[i] ?? 0n) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const data = { nr: nr as number, arch: architecture.auditArch, instructionPointer: 0n, args };
  return simulate(program, data, { endianness: architecture.endianness }).action.kind;
}

const locked = readLock('libseccomp').get('version') as string;

/** Debian's packages of other releases, and the sections of which they show something else than the page says of 2.6.0. */
const OLDER = [
  // It has no seccomp_export_bpf_mem.
  { name: 'debian12', version: '2.5.4', without: ['03'] },
  // Debian had fixed that.
  { name: 'debian13', version: '2.6.0', without: ['03'] },
].map((each) => ({ ...each, library: join(SECOND_LIBRARY, '..', each.name, 'libseccomp.a') }));

describe('docs/upstream.md', () => {
  // Compiling libseccomp several times takes a while; the objects are kept under build/.
  beforeAll(() => {
    buildLibrary();
    buildLibrary({ without: [...APPLIED.keys()] });
  }, 240_000);

  it('has a section for each patch, and the releases that lack it', () => {
    const titled = sections.flatMap((section) => /^(\d\d): /.exec(section)?.[1] ?? []);
    expect(titled).toEqual(PATCHES.map(({ number }) => String(number).padStart(2, '0')));
    for (const { number, appliedUpstream } of PATCHES) {
      const section = sections.find((each) => each.startsWith(String(number).padStart(2, '0')))!;
      const named = [...section.matchAll(/Seen in ((?:\d|\.\d|, | and )+)/g)].map(([, seen]) => seen);
      expect(new Set(named), section).toEqual(new Set([appliedUpstream ? '2.6.0' : '2.6.0 and 2.6.1']));
    }
    expect(shown.length).toBeGreaterThan(9);
    expect(page.match(/^```c$/gm)).toHaveLength(shown.length + 2); // and two whose time counts
  });

  it.each(shown)('$what, with our source and no patch', (each) => {
    const isFaulty = each.seen.includes(locked);
    expect(outcome(each, buildLibrary({ without: [...APPLIED.keys()] }).library)).toBe(
      isFaulty ? each.wrong : each.right,
    );
  });

  it.each(shown)('$what, with our patches', (each) => {
    expect(outcome(each, buildLibrary().library)).toBe(each.hasPatch ? each.right : each.wrong);
  });

  it.skipIf(!hasSecond).each(shown)(`$what, with libseccomp ${SECOND_RELEASE} of Debian`, (each) => {
    expect(outcome(each, SECOND_LIBRARY)).toBe(each.seen.includes(SECOND_RELEASE) ? each.wrong : each.right);
  });

  it.each(OLDER)('what else is said of libseccomp $version holds with Debian’s', ({ name, library, without }) => {
    const [, file = ''] = /libseccomp-dev_(.*)_amd64/.exec(readLock('libseccomp-second').get(name) ?? '') ?? [];
    expect(page).toContain(`\`${file}\``);
    if (!existsSync(library)) return;
    const others = shown.filter((each) => {
      try {
        return outcome(each, library) !== each.wrong;
      } catch {
        return true;
      }
    });
    expect(others.map(({ what }) => what.slice(0, 2))).toEqual(without);
  });

  it('a rule less shows nothing, where there are as many as it takes', () => {
    const many = shown.find(({ code }) => code.includes('number < 241'))!;
    const fewer = { ...many, code: many.code.replace('241', '240') };
    expect(outcome(fewer, buildLibrary({ without: [...APPLIED.keys()] }).library)).toBe(many.right);
  });
});
