// Opens files in every way that open(2), openat2(2) and path_resolution(7) tell apart, in the directory argv[1], and prints
// what came of each: run with and without a supervisor, it has to print the same.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int ignored = O_NOFOLLOW | O_DIRECTORY;

static void show(const char *what, long fd) {
  if (fd < 0) {
    printf("%s: %s\n", what, strerrorname_np(errno));
    return;
  }
  struct stat facts;
  char text[16] = "";
  fstat(fd, &facts);
  // Whether a file was found by its name or anew, the kernel leaves O_NOFOLLOW in the flags.
  int flags = fcntl(fd, F_GETFL) & ~ignored;
  if (S_ISREG(facts.st_mode) && (flags & O_ACCMODE) != O_WRONLY) {
    ssize_t length = pread(fd, text, 12, 0);
    for (ssize_t at = 0; at < length; at++) if (text[at] < ' ') text[at] = '|';
  }
  printf("%s: mode %o uid %d links %d flags %o cloexec %d text %s\n", what, facts.st_mode, facts.st_uid,
         S_ISDIR(facts.st_mode) ? 0 : (int)facts.st_nlink, flags, fcntl(fd, F_GETFD), text);
  close(fd);
}
#define SHOW(call) show(#call, call)

static long raw(int dirfd, const char *path, int flags, int mode) { return syscall(SYS_openat, dirfd, path, flags, mode); }

static long how(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve, size_t size) {
  static uint64_t words[1024];
  memset(words, 0, sizeof words);
  words[0] = flags;
  words[1] = mode;
  words[2] = resolve;
  if (size == 33) words[3] = 1, size = 32;
  return syscall(SYS_openat2, dirfd, path, words, size);
}
#define HOW(path, flags, mode, resolve) how(AT_FDCWD, path, flags, mode, resolve, 24)

static void paths(void) {
  SHOW(open("file", O_RDONLY));
  SHOW(open("./sub/.././/file", O_RDONLY | O_CLOEXEC));
  SHOW(open("sub/..", O_RDONLY));
  SHOW(open("sub/", O_RDONLY | O_DIRECTORY));
  SHOW(open(".", O_RDONLY));
  SHOW(open("/", O_RDONLY));
  SHOW(open("/../..", O_RDONLY));
  SHOW(open("/..//etc/passwd", O_RDONLY));
  SHOW(open("file/", O_RDONLY));
  SHOW(open("file/.", O_RDONLY));
  SHOW(open("file/..", O_RDONLY));
  SHOW(open("file/below", O_RDONLY | O_CREAT, 0600));
  SHOW(open("missing", O_RDONLY));
  SHOW(open("missing/..", O_RDONLY));
  SHOW(open("missing/", O_RDONLY | O_CREAT, 0600));
  SHOW(open("missing/.", O_RDONLY | O_CREAT, 0600));
  SHOW(open("", O_RDONLY));
  SHOW(open("", O_RDONLY | O_CREAT, 0600));
  SHOW(raw(AT_FDCWD, NULL, O_RDONLY, 0));
  SHOW(raw(AT_FDCWD, (char *)16, O_RDONLY, 0));
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  memcpy(page + 4091, "file", 5);
  SHOW(open(page + 4091, O_RDONLY));
  memcpy(page + 4092, "file", 4);
  SHOW(open(page + 4092, O_RDONLY));
  static char longest[5000];
  memset(longest, '/', sizeof longest - 1);
  longest[4095] = 0;
  SHOW(open(longest, O_RDONLY));
  longest[4095] = '/';
  SHOW(open(longest, O_RDONLY));
  memset(longest, 'n', 256);
  longest[256] = 0;
  SHOW(open(longest, O_RDONLY | O_CREAT, 0600));
  longest[255] = 0;
  SHOW(open(longest, O_RDONLY));
  SHOW(open("caf\xe9", O_RDONLY));
}

static void links(void) {
  SHOW(open("link", O_RDONLY));
  SHOW(open("link", O_RDONLY | O_NOFOLLOW));
  SHOW(open("link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
  SHOW(open("link", O_WRONLY | O_CREAT | O_EXCL, 0600));
  SHOW(open("link/", O_RDONLY));
  SHOW(open("sublink/inner", O_RDONLY));
  SHOW(open("sublink/", O_RDONLY | O_NOFOLLOW));
  SHOW(open("sublink", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  SHOW(open("sublink/../file", O_RDONLY));
  SHOW(open("absolute", O_RDONLY));
  SHOW(open("dangling", O_RDONLY));
  SHOW(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
  SHOW(open("dangling", O_RDWR | O_CREAT, 0644));
  SHOW(open("dangling", O_RDONLY));
  SHOW(open("loop", O_RDONLY));
  SHOW(open("chain40", O_RDONLY));
  SHOW(open("chain41", O_RDONLY));
  SHOW(open("sticky/theirs", O_RDONLY));
  SHOW(open("sticky/ours", O_RDONLY));
  SHOW(open("sticky/file", O_RDWR | O_CREAT, 0600));
}

static void flags(void) {
  umask(027);
  SHOW(open("new", O_RDWR | O_CREAT, 0666));
  umask(0);
  SHOW(open("new-2", O_WRONLY | O_CREAT | O_EXCL, 06777));
  SHOW(open("new-2", O_WRONLY | O_CREAT | O_EXCL, 0600));
  SHOW(raw(AT_FDCWD, "new-3", O_WRONLY | O_CREAT | 0x40000000, -1));
  SHOW(creat("created", 0640));
  SHOW(syscall(SYS_creat, "created", 0600));
  SHOW(open("file", O_RDONLY | O_CREAT, 0600));
  SHOW(open("sub", O_RDONLY | O_CREAT, 0600));
  SHOW(open("sub", O_WRONLY));
  SHOW(open("sub/.", O_RDONLY | O_CREAT, 0600));
  SHOW(open("sub", O_RDONLY | O_CREAT | O_DIRECTORY, 0600));
  SHOW(open("none", O_RDONLY | O_CREAT | O_DIRECTORY, 0600));
  SHOW(open("file", O_RDONLY | O_DIRECTORY));
  SHOW(open("truncated", O_RDWR | O_TRUNC));
  SHOW(open("file", O_RDWR | O_APPEND | O_NONBLOCK));
  SHOW(open("file", O_RDWR | O_SYNC));
  SHOW(open("file", O_RDONLY | O_NOATIME));
  SHOW(open("file", 3));
  SHOW(open("sub", O_TMPFILE | O_RDWR, 0640));
  SHOW(open("sub", O_TMPFILE | O_RDONLY, 0640));
  SHOW(open("file", O_TMPFILE | O_RDWR, 0640));
  SHOW(open("none", O_TMPFILE | O_RDWR, 0640));
  SHOW(raw(AT_FDCWD, "sub", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0640));
  SHOW(open("secret", O_RDONLY));
  SHOW(open("secret", O_RDONLY | O_NOATIME));
  SHOW(open("locked/inner", O_RDONLY));
  SHOW(open("locked/new", O_RDONLY | O_CREAT, 0600));
  SHOW(open("fifo", O_RDONLY | O_NONBLOCK));
  SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
  SHOW(open("fifo", O_RDWR));
  SHOW(open("socket", O_RDWR));
  SHOW(open("/dev/null", O_RDWR));
  SHOW(open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666));
  SHOW(open("/dev/zero", O_RDONLY));
  SHOW(open("/dev/urandom", O_RDONLY | O_NONBLOCK));
  SHOW(open("/dev/tty", O_RDWR));
  SHOW(open("/dev/ptmx", O_RDWR | O_NOCTTY));
}

static void directories(void) {
  int sub = open("sub", O_RDONLY | O_DIRECTORY), file = open("file", O_RDONLY);
  SHOW(openat(sub, "inner", O_RDONLY));
  SHOW(openat(sub, "../file", O_RDONLY));
  SHOW(openat(sub, ".", O_RDONLY));
  SHOW(openat(file, "inner", O_RDONLY));
  SHOW(openat(file, "", O_RDONLY));
  SHOW(openat(file, "/etc/passwd", O_RDONLY));
  SHOW(openat(999, "inner", O_RDONLY));
  SHOW(openat(999, "/etc/passwd", O_RDONLY));
  SHOW(openat(-5, "inner", O_RDONLY));
  SHOW(syscall(SYS_openat, 0xffffffff00000000 + (unsigned)sub, "inner", O_RDONLY));
  SHOW(HOW("file", O_RDONLY, 0, 0));
  SHOW(how(sub, "inner", O_RDWR | O_CLOEXEC, 0, 0, 24));
  SHOW(how(sub, "inner", O_RDONLY, 0, 0, 0));
  SHOW(how(sub, "inner", O_RDONLY, 0, 0, 23));
  SHOW(how(sub, "inner", O_RDONLY, 0, 0, 32));
  SHOW(how(sub, "inner", O_RDONLY, 0, 0, 33));
  SHOW(how(sub, "inner", O_RDONLY, 0, 0, 4096));
  SHOW(how(sub, "inner", O_RDONLY, 0, 0, 4097));
  SHOW(syscall(SYS_openat2, sub, "inner", NULL, 24));
  SHOW(syscall(SYS_openat2, sub, "inner", NULL, 1L << 40));
  SHOW(HOW(NULL, O_RDONLY, 0, 0));
  SHOW(HOW(NULL, O_RDONLY, 0600, 0));
  SHOW(HOW("file", 0x40000000, 0, 0));
  SHOW(HOW("file", 1ULL << 40, 0, 0));
  SHOW(HOW("file", O_RDONLY, 0, 64));
  SHOW(HOW("file", O_RDONLY, 0, 1ULL << 40));
  SHOW(HOW("file", O_RDONLY, 0644, 0));
  SHOW(HOW("how", O_RDWR | O_CREAT, 0644, 0));
  SHOW(HOW("how-2", O_RDWR | O_CREAT, 0100644, 0));
  SHOW(HOW("file", O_PATH | O_RDWR, 0, 0));
  SHOW(HOW("file", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
  SHOW(HOW("sub/inner", O_RDONLY, 0, RESOLVE_BENEATH));
  SHOW(HOW("sub/../file", O_RDONLY, 0, RESOLVE_BENEATH));
  SHOW(HOW("sub/../../x", O_RDONLY, 0, RESOLVE_BENEATH));
  SHOW(HOW("/etc/passwd", O_RDONLY, 0, RESOLVE_BENEATH));
  SHOW(HOW("absolute", O_RDONLY, 0, RESOLVE_BENEATH));
  SHOW(HOW("link", O_RDONLY, 0, RESOLVE_BENEATH));
  SHOW(how(sub, "../file", O_RDONLY, 0, RESOLVE_BENEATH, 24));
  SHOW(HOW("/file", O_RDONLY, 0, RESOLVE_IN_ROOT));
  SHOW(HOW("../../../file", O_RDONLY, 0, RESOLVE_IN_ROOT));
  SHOW(HOW("rooted", O_RDONLY, 0, RESOLVE_IN_ROOT));
  SHOW(HOW("absolute", O_RDONLY, 0, RESOLVE_IN_ROOT));
  SHOW(HOW("created-in", O_RDWR | O_CREAT, 0600, RESOLVE_IN_ROOT));
  SHOW(HOW("/", O_RDONLY | O_DIRECTORY, 0, RESOLVE_IN_ROOT));
  SHOW(HOW("link", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
  SHOW(HOW("sublink/inner", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
  SHOW(HOW("sub/inner", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
  SHOW(HOW("/proc/self/exe", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
  SHOW(HOW("/proc/self/cwd/file", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
  SHOW(HOW("/proc/self/cmdline", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
  SHOW(HOW("link", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
  SHOW(HOW("/proc/version", O_RDONLY, 0, RESOLVE_NO_XDEV));
  SHOW(HOW("sub/inner", O_RDONLY, 0, RESOLVE_NO_XDEV));
  int proc = open("/proc", O_RDONLY);
  SHOW(how(proc, "version", O_RDONLY, 0, RESOLVE_NO_XDEV, 24));
  SHOW(how(proc, "..", O_RDONLY, 0, RESOLVE_NO_XDEV, 24));
  SHOW(how(proc, "self/cwd", O_RDONLY, 0, RESOLVE_NO_XDEV, 24));
  SHOW(how(proc, "self/cwd", O_RDONLY, 0, RESOLVE_BENEATH, 24));
  SHOW(how(proc, "self/cmdline", O_RDONLY, 0, RESOLVE_BENEATH, 24));
  close(sub), close(file), close(proc);
}

static void itself(void) {
  char text[4096], expected[64];
  int fd = open("/proc/self/stat", O_RDONLY);
  snprintf(expected, sizeof expected, "%d (", getpid());
  text[read(fd, text, sizeof text - 1)] = 0;
  printf("self is %s\n", strncmp(text, expected, strlen(expected)) ? "another" : "itself");
  close(fd);
  fd = open("/proc/thread-self/stat", O_RDONLY);
  snprintf(expected, sizeof expected, "%ld (", syscall(SYS_gettid));
  text[read(fd, text, sizeof text - 1)] = 0;
  printf("thread-self is %s\n", strncmp(text, expected, strlen(expected)) ? "another" : "itself");
  close(fd);
  fd = open("file", O_RDONLY);
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  show("by its descriptor", open(name, O_RDWR));
  show("by its descriptor, no link", open(name, O_RDWR | O_NOFOLLOW));
  show("by its descriptor, created", open(name, O_RDWR | O_CREAT, 0600));
  show("by its descriptor, exclusively", open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
  snprintf(name, sizeof name, "/dev/fd/%d", fd);
  show("by /dev/fd", open(name, O_RDONLY));
  snprintf(name, sizeof name, "/proc/self/fd/%d/x", fd);
  show("below its descriptor", open(name, O_RDONLY));
  close(fd);
  int ends[2];
  if (pipe(ends)) return;
  snprintf(name, sizeof name, "/proc/self/fd/%d", ends[1]);
  show("a pipe", open(name, O_WRONLY));
  snprintf(name, sizeof name, "/proc/self/fd/%d", ends[0]);
  show("a pipe's other end", open(name, O_RDONLY));
  close(ends[0]), close(ends[1]);
  SHOW(open("/proc/self/fd/998", O_RDONLY));
  SHOW(open("/proc/self/exe", O_WRONLY));
  SHOW(open("/proc/self/cwd/sub/../file", O_RDONLY));
  SHOW(open("/proc/self/cwd/..", O_RDONLY));
  SHOW(open("/proc/self/root/etc/passwd", O_RDONLY));
  SHOW(open("/proc/self/root/../etc/passwd", O_RDONLY));
  SHOW(open("/proc/self/mem", O_RDWR));
  SHOW(open("/proc/mounts", O_WRONLY));
  SHOW(open("/proc/self/task/../comm", O_RDWR));
  SHOW(open("/proc/self/ns/uts", O_RDONLY));
  SHOW(open("/proc/1/../self/comm", O_RDWR));
}

static void *elsewhere(void *unused) {
  if (unshare(CLONE_FS) || chdir("sub")) perror("elsewhere");
  umask(077);
  SHOW(open("inner", O_RDONLY));
  SHOW(open("of-thread", O_RDWR | O_CREAT, 0666));
  return unused;
}

static void threads(void) {
  pthread_t thread;
  umask(0);
  pthread_create(&thread, NULL, elsewhere, NULL);
  pthread_join(thread, NULL);
  SHOW(open("of-main", O_RDWR | O_CREAT, 0666));
  mkdir("doomed", 0700);
  int doomed = open("doomed", O_RDONLY);
  rmdir("doomed");
  SHOW(openat(doomed, ".", O_RDONLY));
  SHOW(openat(doomed, "x", O_RDWR | O_CREAT, 0600));
  SHOW(openat(doomed, "../file", O_RDONLY));
  close(doomed);
  struct rlimit was, none = {3, 3};
  getrlimit(RLIMIT_NOFILE, &was);
  none.rlim_max = was.rlim_max;
  setrlimit(RLIMIT_NOFILE, &none);
  SHOW(open("file", O_RDONLY));
  setrlimit(RLIMIT_NOFILE, &was);
}

#ifdef __x86_64__
static long narrow(long number, const char *path, long flags, long mode) {
  char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  strcpy(low, path);
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(low), "c"(flags), "d"(mode) : "memory", "r8", "r9", "r10", "r11");
  munmap(low, 4096);
  if (result >= 0) return result;
  errno = -result;
  return -1;
}
// Whether this kernel takes i386's calls; without, the instruction is a fault.
static int takesNarrow(void) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    narrow(20, "getpid", 0, 0);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  return WIFEXITED(status);
}
static void narrowCalls(void) {
  if (!takesNarrow()) {
    puts("i386: none");
    return;
  }
  ignored |= 0100000;  // O_LARGEFILE, which nobody takes away again
  int fd = open("large", O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, 0x80000000LL)) perror("large");
  close(fd);
  show("i386 open", narrow(5, "file", O_RDWR, 0));
  show("i386 creat", narrow(8, "narrow", 0640, 0));
  show("i386 large", narrow(5, "large", O_RDONLY, 0));
  show("i386 large, O_LARGEFILE", narrow(5, "large", O_RDONLY | 0100000, 0));
  unlink("large");
  ignored &= ~0100000;
}
#endif

static void all(void) {
  paths();
  links();
  flags();
  directories();
  itself();
  threads();
  fflush(stdout);
}

static void inChild(const char *what, void (*prepare)(void)) {
  printf("-- %s\n", what);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    prepare();
    all();
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("-- status %x\n", status);
}

static void asNobody(void) {
  gid_t group = 4242;
  if (setgroups(1, &group) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)) perror("asNobody");
}

static void asUserOfFiles(void) {
  // The file system's ids alone differ (setfsuid(2)): as root, but for files.
  syscall(SYS_setfsgid, 65534);
  syscall(SYS_setfsuid, 65534);
}

static void withoutCapabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0}};
  if (setgroups(0, NULL) || syscall(SYS_capset, &header, none)) perror("capset");
}

static void inRoot(void) {
  if (chroot(".") || chdir("/")) perror("chroot");
}

int main(int argc, char **argv) {
  if (argc < 2 || chdir(argv[1])) return 1;
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int unused = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(unused, (struct sockaddr *)&address, sizeof address) || chmod("socket", 0666)) perror("socket");
  close(unused);
  all();
#ifdef __x86_64__
  narrowCalls();
#endif
  if (geteuid() == 0) {
    inChild("without capabilities", withoutCapabilities);
    inChild("as nobody", asNobody);
    inChild("as nobody for files", asUserOfFiles);
    inChild("in another root", inRoot);
  }
  return 0;
}
