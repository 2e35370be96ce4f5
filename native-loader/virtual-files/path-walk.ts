import { constants as fileConstants, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_PATH } from '../libc/fcntl.js';
import type { FileCalls, FileFacts } from '../libc/file-calls.js';
import {
  type OpenCall,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from './open-call.js';
import type { Viewpoint } from './opener-protocol.js';
import { callerIn, PROC_ROOT_INODE, PROC_SUPER_MAGIC, procOwner } from './proc-files.js';

// inode(7)
const S_ISVTX = 0o1000;
const S_IWOTH = 0o2;
const { S_IFMT, S_IFDIR, S_IFLNK } = fileConstants;
const { EACCES, EEXIST, EISDIR, ELOOP, ENOENT, ENOTDIR, EXDEV } = constants.errno;

/** MAXSYMLINKS of linux/namei.h */
const MAX_LINKS = 40;
/** Of proc_pid(5): where a process is, and what it runs. */
const OWN_LINKS: ReadonlySet<string> = new Set(['cwd', 'root', 'exe']);
/** linux/statfs.h */
const ST_NOSYMFOLLOW = 0x2000;

/** Where a path leads. The descriptors are O_PATH, and the walk's: they are closed with it. */
export type Place =
  | { kind: 'errno'; errno: number }
  | { kind: 'virtual'; path: string }
  /** A file; `entry` is where its name stands, where the path ended with one. */
  | { kind: 'found'; fd: number; facts: FileFacts; entry: { directory: number; name: string } | undefined }
  /** A name that is free. */
  | { kind: 'free'; directory: number; name: string };

/** A directory that the walk has come to. */
interface Directory {
  readonly fd: number;
  readonly facts: FileFacts;
  /** Its names from the caller's root; undefined where it does not lie below that. */
  readonly names: readonly string[] | undefined;
  /** One of the caller's own in proc(5). */
  readonly own?: 'process' | 'task' | 'links' | undefined;
}

/** Do something with this process's own rights, among what is done with the caller's. */
export type AsOurselves = <Result>(action: () => Result) => Result;

class Failure extends Error {
  constructor(readonly errno: number) {
    super();
  }
}

export const isDirectory = ({ mode }: FileFacts): boolean => (mode & S_IFMT) === S_IFDIR;
const isLink = ({ mode }: FileFacts): boolean => (mode & S_IFMT) === S_IFLNK;
export const isSameFile = (a: FileFacts, b: FileFacts): boolean => a.inode === b.inode && a.device === b.device;
const isSamePlace = (a: FileFacts, b: FileFacts): boolean => isSameFile(a, b) && a.mount === b.mount;

/**
 * Follow a path as path_resolution(7) says, name by name, as another process would: from its root and directory, with
 * `/proc/self` its own. The kernel's own walk would take ours. Each step holds on to the directory that it came to, so
 * that nothing which is renamed or replaced meanwhile leads astray.
 */
export class PathWalk {
  readonly #c: FileCalls;
  readonly #call: OpenCall;
  readonly #viewpoint: Viewpoint;
  readonly #virtual: VirtualPaths;
  readonly #asOurselves: AsOurselves;
  readonly #opened = new Set<number>();
  #links = 0;

  constructor(calls: FileCalls, call: OpenCall, viewpoint: Viewpoint, virtual: VirtualPaths, asOurselves: AsOurselves) {
    this.#asOurselves = asOurselves;
    this.#c = calls;
    this.#call = call;
    this.#viewpoint = viewpoint;
    this.#virtual = virtual;
  }

  close(): void {
    for (const fd of this.#opened) this.#c.close(fd);
    this.#opened.clear();
  }

  resolve(): Place {
    try {
      return this.#resolve();
    } catch (error) {
      if (error instanceof Failure) return { kind: 'errno', errno: error.errno };
      throw error;
    }
  }

  #resolve(): Place {
    const { path, resolve, flags } = this.#call;
    if (path === '') throw new Failure(ENOENT);
    const scoped = (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) !== 0;
    if (resolve & RESOLVE_BENEATH && path.startsWith('/')) throw new Failure(EXDEV);
    const absolute = path.startsWith('/') && !scoped;
    const callerRoot: Directory = { ...this.#known(this.#viewpoint.root), names: [] };
    const start = absolute ? callerRoot : this.#directory(this.#viewpoint.start!);
    const root = scoped ? start : callerRoot;

    let here = start;
    const rest = components(path);
    // How many directories deep we are in some that are there for virtual files only.
    let imagined: string[] = [];
    for (;;) {
      const name = rest.pop();
      const last = rest.length === 0;
      if (name === undefined) return { kind: 'found', fd: here.fd, facts: here.facts, entry: undefined };
      if (name === '.') {
        if (last && imagined.length > 0) throw new Failure(ENOENT);
        continue;
      }
      if (name === '..') {
        if (imagined.length > 0) imagined.pop();
        else here = this.#parent(here, root);
        if (last && imagined.length > 0) throw new Failure(ENOENT);
        continue;
      }
      const names = here.names && [...here.names, ...imagined, name];
      if (names && this.#virtual.isFile(names)) {
        if (last) return { kind: 'virtual', path: `/${names.join('/')}` };
        throw new Failure(ENOTDIR);
      }
      if (imagined.length > 0) {
        if (last || !names || !this.#virtual.isAbove(names)) throw new Failure(ENOENT);
        imagined = [...imagined, name];
        continue;
      }

      const fd = this.#lookUp(here, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
      if (fd === -ENOENT && names && !last && this.#virtual.isAbove(names)) {
        imagined = [name];
        continue;
      }
      if (fd === -ENOENT && (flags & O_CREAT) !== 0) {
        if (last) return { kind: 'free', directory: here.fd, name };
        if (rest.length === 1 && rest[0] === '.' && path.endsWith('/')) throw new Failure(EISDIR);
      }
      const next = this.#known(this.#open(fd));
      if (resolve & RESOLVE_NO_XDEV && next.facts.mount !== here.facts.mount) throw new Failure(EXDEV);
      if (!isLink(next.facts)) {
        if (last) return { kind: 'found', ...next, entry: { directory: here.fd, name } };
        if (!isDirectory(next.facts)) throw new Failure(ENOTDIR);
        here = this.#leave(here, { ...next, names, own: this.#ownInProc(here, name) });
        continue;
      }

      if (last && (flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0) throw new Failure(EEXIST);
      if (last && (flags & O_NOFOLLOW) !== 0) throw new Failure((flags & O_DIRECTORY) !== 0 ? ENOTDIR : ELOOP);
      if (resolve & RESOLVE_NO_SYMLINKS || ++this.#links > MAX_LINKS) throw new Failure(ELOOP);
      if (last) this.#mayFollow(here.facts, next.facts);
      const target = this.#follow(here, name, next.fd);
      this.#shut(next.fd);
      if (typeof target !== 'string') {
        if (last) return { kind: 'found', ...target, entry: undefined };
        if (!isDirectory(target.facts)) throw new Failure(ENOTDIR);
        here = this.#leave(here, { ...target, names: this.#namesOf(target.fd) });
        continue;
      }
      if (target === '') throw new Failure(ENOENT);
      if (target.startsWith('/')) {
        if (resolve & RESOLVE_BENEATH) throw new Failure(EXDEV);
        if (resolve & RESOLVE_NO_XDEV && root.facts.mount !== here.facts.mount) throw new Failure(EXDEV);
        here = this.#leave(here, root);
      }
      rest.push(...components(target));
    }
  }

  /**
   * Every process may follow its own links in proc(5), also one whose ids do not allow it (ptrace_may_access,
   * proc_fd_permission of the kernel). To us they are another process's.
   */
  #ownLink(here: Directory, name: string, lookUp: () => number): number {
    const fd = lookUp();
    const own = here.own === 'links' || (here.own === 'process' && OWN_LINKS.has(name));
    return fd === -EACCES && own ? this.#asOurselves(lookUp) : fd;
  }

  #lookUp(here: Directory, name: string, flags: number): number {
    return this.#ownLink(here, name, () => this.#c.openAt(here.fd, name, flags));
  }

  #isMagicLink(here: Directory, name: string): boolean {
    const rule = BigInt(RESOLVE_NO_MAGICLINKS);
    const target = this.#ownLink(here, name, () => this.#c.lookUp(here.fd, name, rule));
    if (target >= 0) this.#c.close(target);
    return target === -ELOOP;
  }

  #ownInProc(parent: Directory, name: string): Directory['own'] {
    const number = /^[1-9]\d*$/.test(name);
    if (parent.own === 'process')
      return name === 'fd' || name === 'ns' ? 'links' : name === 'task' ? 'task' : undefined;
    if (parent.own === 'task') return number ? 'process' : undefined;
    if (!number || parent.facts.inode !== PROC_ROOT_INODE) return undefined;
    const system = this.#c.fileSystem(parent.fd);
    if (typeof system === 'number' || system.type !== PROC_SUPER_MAGIC) return undefined;
    return this.#inProc(parent.fd).process === Number(name) ? 'process' : undefined;
  }

  #parent(here: Directory, root: Directory): Directory {
    const { resolve } = this.#call;
    if (isSamePlace(here.facts, root.facts)) {
      if (resolve & RESOLVE_BENEATH) throw new Failure(EXDEV);
      return here;
    }
    const next = this.#known(this.#open(this.#c.openAt(here.fd, '..', O_PATH | O_DIRECTORY | O_CLOEXEC)));
    if (resolve & RESOLVE_NO_XDEV && next.facts.mount !== here.facts.mount) throw new Failure(EXDEV);
    // Above a directory outside the caller's root there may be what is below it.
    const names = here.names ? here.names.slice(0, -1) : this.#namesOf(next.fd);
    return this.#leave(here, { ...next, names });
  }

  /** The text of a link, or what a magic link of proc(5) leads to: a file, whatever its text says. */
  #follow(here: Directory, name: string, link: number): string | { fd: number; facts: FileFacts } {
    const { resolve } = this.#call;
    const system = this.#c.fileSystem(here.fd);
    if (typeof system === 'number') throw new Failure(-system);
    if (system.flags & ST_NOSYMFOLLOW) throw new Failure(ELOOP);
    if (system.type === PROC_SUPER_MAGIC) {
      if (here.facts.inode === PROC_ROOT_INODE) {
        if (name === 'self') return String(this.#inProc(here.fd).process);
        if (name === 'thread-self') {
          const { process, thread } = this.#inProc(here.fd);
          return `${process}/task/${thread}`;
        }
      } else if (this.#isMagicLink(here, name)) {
        if (resolve & RESOLVE_NO_MAGICLINKS) throw new Failure(ELOOP);
        if (!here.own && procOwner(this.#c, here.fd, this.#viewpoint) === 'supervisor') throw new Failure(EACCES);
        if (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) throw new Failure(EXDEV);
        const target = this.#known(this.#open(this.#lookUp(here, name, O_PATH | O_CLOEXEC)));
        if (resolve & RESOLVE_NO_XDEV && target.facts.mount !== here.facts.mount) throw new Failure(EXDEV);
        return target;
      }
    }
    const text = this.#c.readLink(link);
    if (typeof text === 'number') throw new Failure(-text);
    return text;
  }

  #inProc(root: number): { process: number; thread: number } {
    const ids = callerIn(this.#c, root, this.#viewpoint);
    if (!ids) throw new Failure(ENOENT);
    return ids;
  }

  /** protected_symlinks of proc_sys_fs(5): may_follow_link of the kernel (fs/namei.c). */
  #mayFollow(directory: FileFacts, link: FileFacts): void {
    const shared = (directory.mode & S_ISVTX) !== 0 && (directory.mode & S_IWOTH) !== 0;
    if (!shared || link.uid === this.#viewpoint.identity.uid || link.uid === directory.uid) return;
    if (protectedSymlinks()) throw new Failure(EACCES);
  }

  #directory(fd: number): Directory {
    const known = this.#known(fd);
    if (!isDirectory(known.facts)) throw new Failure(ENOTDIR);
    return { ...known, names: this.#namesOf(fd) };
  }

  /** proc_pid_fd(5) gives a path from the root of the mount namespace, or from ours. */
  #namesOf(fd: number): readonly string[] | undefined {
    const [path, root] = [this.#pathOf(fd), this.#pathOf(this.#viewpoint.root)];
    if (path === undefined || root === undefined) return undefined;
    if (path === root) return [];
    const above = root === '/' ? root : `${root}/`;
    return path.startsWith(above) ? path.slice(above.length).split('/') : undefined;
  }

  #pathOf(fd: number): string | undefined {
    const link = this.#c.openAt(-1, `/proc/self/fd/${fd}`, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (link < 0) return undefined;
    const text = this.#c.readLink(link);
    this.#c.close(link);
    return typeof text === 'string' ? text : undefined;
  }

  #known(fd: number): { fd: number; facts: FileFacts } {
    const facts = this.#c.facts(fd);
    if (typeof facts === 'number') throw new Failure(-facts);
    return { fd, facts };
  }

  #open(fd: number): number {
    if (fd < 0) throw new Failure(-fd);
    this.#opened.add(fd);
    return fd;
  }

  /** A path may have thousands of names: what is behind us is closed. */
  #leave(from: Directory, to: Directory): Directory {
    if (from.fd !== to.fd) this.#shut(from.fd);
    return to;
  }

  #shut(fd: number): void {
    if (this.#opened.delete(fd)) this.#c.close(fd);
  }
}

/** Names in the order in which they are taken off the end; a path that ends with a slash means a directory, as `/.` does. */
function components(path: string): string[] {
  const names = path.split('/').filter(Boolean);
  if (path.endsWith('/')) names.push('.');
  return names.reverse();
}

/** The paths of virtual files, and the directories that they are in. */
export class VirtualPaths {
  readonly #files: ReadonlySet<string>;
  readonly #above: ReadonlySet<string>;

  constructor(paths: readonly string[]) {
    this.#files = new Set(paths.map((path) => path.slice(1)));
    this.#above = new Set(
      paths.flatMap((path) => {
        const names = path.slice(1).split('/');
        return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
      }),
    );
  }

  isFile(names: readonly string[]): boolean {
    return this.#files.has(names.join('/'));
  }

  isAbove(names: readonly string[]): boolean {
    return this.#above.has(names.join('/'));
  }
}

function protectedSymlinks(): boolean {
  try {
    return readFileSync('/proc/sys/fs/protected_symlinks', 'latin1').trim() !== '0';
  } catch {
    return true;
  }
}
