import { endianness } from 'node:os';

/** Filters assembled by hand: the loader's tests shall not depend on the compiler. Instructions are `[code, jt, jf, k]`. */
export type Instruction = readonly [code: number, jt: number, jf: number, k: number];

export const ALLOW = 0x7fff0000;
export const KILL_PROCESS = 0x80000000;
export const NOTIFY = 0x7fc00000;
export const errno = (number: number) => 0x00050000 | number;

/** errno(3), the same on all architectures below. */
export const EPERM = 1;
export const EAGAIN = 11;

/** System call numbers and machine code for the architectures that these tests run on, by `process.arch`. */
const machines = {
  x64: {
    syscalls: {
      getcwd: 79,
      execve: 59,
      exit_group: 231,
      write: 1,
      getpriority: 140,
      mkdir: 83,
      chdir: 80,
      mkdirat: 258,
      openat: 257,
      sendmsg: 46,
      futex: 202,
    },
    auditArch: 0xc000003e,
    elfMachine: 62,
    // mov edi, 42; mov eax, 231 (exit_group); syscall
    exit42: [0xbf, 42, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05],
  },
  arm64: {
    syscalls: {
      getcwd: 17,
      execve: 221,
      exit_group: 94,
      write: 64,
      getpriority: 141,
      // aarch64 has mkdirat only.
      mkdir: 34,
      chdir: 49,
      mkdirat: 34,
      openat: 56,
      sendmsg: 211,
      futex: 98,
    },
    auditArch: 0xc00000b7,
    elfMachine: 183,
    // mov x0, #42; mov x8, #94 (exit_group); svc #0
    exit42: [0x40, 0x05, 0x80, 0xd2, 0xc8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4],
  },
};

export const machine = (() => {
  const known = machines[process.arch as keyof typeof machines];
  if (!known) throw new Error(`the kernel tests know no system call numbers for ${process.arch}: add them here`);
  return known;
})();

export type SystemCall = keyof typeof machine.syscalls;

/** In this machine's byte order. */
export function assemble(...instructions: readonly Instruction[]): Uint8Array {
  const little = endianness() === 'LE';
  const program = new Uint8Array(instructions.length * 8);
  const view = new DataView(program.buffer);
  for (const [index, [code, jt, jf, k]] of instructions.entries()) {
    view.setUint16(index * 8, code, little);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k, little);
  }
  return program;
}

export const load = (offset: number): Instruction => [0x20, 0, 0, offset];
export const ret = (value: number): Instruction => [0x06, 0, 0, value];
export const jumpIfEqual = (k: number, jt: number, jf: number): Instruction => [0x15, jt, jf, k];

/** Allows everything. */
export const allowAll = () => assemble(ret(ALLOW));

/** Answers one system call with an action, allows the rest. */
export const answer = (call: SystemCall, action: number) =>
  assemble(load(0), jumpIfEqual(machine.syscalls[call], 0, 1), ret(action), ret(ALLOW));

/** Allows these system calls, answers the rest with an action. */
export const allowOnly = (calls: readonly SystemCall[], otherwise: number) =>
  assemble(
    load(0),
    ...calls.map((call, index) => jumpIfEqual(machine.syscalls[call], calls.length - index, 0)),
    ret(otherwise),
    ret(ALLOW),
  );

/** A static executable that makes one system call, exit_group(42). ELF specification; all fields little-endian. */
export function exit42Executable(): Uint8Array {
  const base = 0x400000n;
  const headers = 64 + 56;
  const file = Buffer.alloc(headers + machine.exit42.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // magic, ELFCLASS64, ELFDATA2LSB, EV_CURRENT
  file.writeUInt16LE(2, 16); // e_type: ET_EXEC
  file.writeUInt16LE(machine.elfMachine, 18);
  file.writeUInt32LE(1, 20); // e_version
  file.writeBigUInt64LE(base + BigInt(headers), 24); // e_entry
  file.writeBigUInt64LE(64n, 32); // e_phoff
  file.writeUInt16LE(64, 52); // e_ehsize
  file.writeUInt16LE(56, 54); // e_phentsize
  file.writeUInt16LE(1, 56); // e_phnum
  file.writeUInt32LE(1, 64); // p_type: PT_LOAD
  file.writeUInt32LE(5, 68); // p_flags: read, execute
  file.writeBigUInt64LE(base, 80); // p_vaddr
  file.writeBigUInt64LE(base, 88); // p_paddr
  file.writeBigUInt64LE(BigInt(file.length), 96); // p_filesz
  file.writeBigUInt64LE(BigInt(file.length), 104); // p_memsz
  file.writeBigUInt64LE(0x1000n, 112); // p_align
  file.set(machine.exit42, headers);
  return file;
}
