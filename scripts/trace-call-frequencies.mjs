// Writes src/bpf/minimize/call-frequencies.list: how often programs make each system call, counted by strace(1). Run it on
// x86-64 Debian, where strace may trace, as: node scripts/trace-call-frequencies.mjs
// Then run scripts/generate-call-weights.mjs, which makes numbers of the names.
//
// Every workload counts the same however many calls it makes, or the one that makes most would be all there is.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';

const OUTPUT = 'src/bpf/minimize/call-frequencies.list';
const PER = 1e6;

const HTTP_NODE = `
const http = require('node:http'), fs = require('node:fs');
fs.writeFileSync('page', 'x'.repeat(20000));
const server = http.createServer((_, response) => fs.createReadStream('page').pipe(response));
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  for (let i = 0; i < 300; i++) await fetch('http://127.0.0.1:' + port + '/').then((answer) => answer.text());
  server.close();
  process.exit();
});`;
const FILES_NODE = `
const fs = require('node:fs/promises');
(async () => {
  await fs.mkdir('many', { recursive: true });
  for (let i = 0; i < 200; i++) await fs.writeFile('many/' + i, JSON.stringify({ i }));
  for (const name of await fs.readdir('many')) await fs.readFile('many/' + name).then((text) => JSON.parse(text));
  require('node:child_process').execSync('true');
  await fs.rm('many', { recursive: true });
})();`;
const FILES_PYTHON = `
import glob, json, os, sqlite3, subprocess, tempfile, threading
folder = tempfile.mkdtemp(dir='.')
for i in range(200):
    with open(os.path.join(folder, str(i)), 'w') as file: json.dump({'i': i}, file)
for name in glob.glob(folder + '/*'): json.load(open(name)); os.stat(name)
database = sqlite3.connect(os.path.join(folder, 'd')); database.execute('create table t(a)')
for i in range(50):
    with database: database.execute('insert into t values(?)', (i,))
threads = [threading.Thread(target=lambda: os.urandom(9)) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
for _ in range(5): subprocess.run(['true'])`;
const SERVE_PYTHON = `
import http.server, threading
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
server.RequestHandlerClass.log_message = lambda *_: None
threading.Thread(target=server.serve_forever, daemon=True).start()
import subprocess
open('page', 'w').write('x' * 20000)
for _ in range(20): subprocess.run(['curl', '-s', '-o', '/dev/null', 'http://127.0.0.1:%d/page' % server.server_port])`;
const MANY_SQL = `
create table t(a integer primary key, b text);
${Array.from({ length: 200 }, (_, i) => `insert into t(b) values('row ${i}');`).join('\n')}
select count(*) from t where b like '%7%'; update t set b = b || '!' where a % 3 = 0; vacuum;`;
const SOURCE_C = `#include <stdio.h>\\n#include <stdlib.h>\\nint main(void){return printf("%d\\\\n", abs(-1)) < 0;}\\n`;
const JAVA =
  'class A { public static void main(String[] a) throws Exception { for (int i = 0; i < 50; i++) { java.nio.file.Files.writeString(java.nio.file.Path.of("j" + i), "x"); } System.out.println(1); } }';

/** Each: the Debian packages that are measured, and a command of the shell, run in an empty folder. */
const WORKLOADS = [
  [
    'dash',
    'sh',
    'i=0; while [ $i -lt 40 ]; do x=$(echo $i | sed s/1/2/); [ -e "f$x" ] || : >"f$x"; i=$((i + 1)); done; rm f*',
  ],
  [
    'bash',
    'bash',
    'for i in {1..40}; do y=$(printf %s "$i" | tr 1 2); read -r z <<<"$y"; done; cat /etc/passwd | while read -r l; do :; done',
  ],
  ['zsh', 'zsh', 'for i in {1..40}; do y=$(echo $i | cut -c1); done; print -l /usr/bin/*(.) | wc -l'],
  [
    'coreutils',
    'sh',
    'ls -lR /usr/include >l; cp -r /usr/include/linux c; sort l | uniq -c | sort -rn | head; sha256sum c/*.h >s; du -s c; mv c d; rm -r d',
  ],
  [
    'findutils grep',
    'sh',
    'find /usr/include -name "*.h" -newer /etc/passwd | xargs -r grep -l define; grep -r seccomp /usr/include | wc -l',
  ],
  [
    'tar gzip xz-utils',
    'sh',
    'tar czf a.tgz /usr/include/linux; mkdir o; tar xzf a.tgz -C o; tar cf - o | xz -T2 -1 >a.xz; xz -dc a.xz | tar tf - | wc -l',
  ],
  [
    'git',
    'sh',
    'git init -q r; cd r; git config user.email a@b; git config user.name a; for i in 1 2 3 4 5 6 7 8; do echo $i >$i; git add .; git commit -qm $i; done; git log --stat >/dev/null; git status; git diff HEAD~3 >/dev/null; git gc -q; cd ..; git clone -q r s',
  ],
  [
    'gcc make',
    'sh',
    `printf '${SOURCE_C}' >a.c; for i in 1 2 3 4 5; do cp a.c b$i.c; done; printf 'all: b1 b2 b3 b4 b5\\n' >Makefile; make -s -j2; ./b1`,
  ],
  [
    'perl',
    'sh',
    `perl -e 'for (1..200) { open my $f, ">", "p$_"; print $f $_; close $f } for (glob "p*") { open my $f, "<", $_; my $l = <$f>; unlink } print \`true\`'`,
  ],
  ['python3', 'sh', ['/usr/bin/python3', '-c', FILES_PYTHON]],
  ['python3 curl', 'sh', ['/usr/bin/python3', '-c', SERVE_PYTHON]],
  ['nodejs', 'sh', ['node', '-e', FILES_NODE]],
  ['nodejs', 'sh', ['node', '-e', HTTP_NODE]],
  ['sqlite3', 'sh', ['sqlite3', 'd.db', MANY_SQL]],
  [
    'busybox-static',
    'sh',
    'busybox httpd -f -p 127.0.0.1:18765 & p=$!; sleep 0.3; echo x >page; for i in 1 2 3 4 5 6 7 8 9; do busybox wget -q -O /dev/null http://127.0.0.1:18765/page; done; kill $p',
  ],
  [
    'openssl',
    'sh',
    'openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -subj /CN=a 2>/dev/null; openssl x509 -in c -text | wc -l; echo x | openssl enc -aes-256-cbc -pbkdf2 -k a >e; openssl dgst -sha256 /usr/bin/openssl',
  ],
  ['openjdk', 'sh', `printf '%s' '${JAVA}' >A.java; java A.java`],
  ['dpkg', 'sh', 'dpkg -l | wc -l; dpkg -L coreutils | wc -l; dpkg -S /usr/bin/env; apt-cache policy bash'],
  ['man-db groff-base less', 'sh', 'man -P cat bash | wc -l; man -k seccomp | cat'],
];

function traced(shell, command, folder) {
  const table = join(folder, '.counts');
  const words = Array.isArray(command) ? command : [shell, '-c', command];
  const { status, stderr } = spawnSync('strace', ['-f', '-c', '-U', 'calls,name', '-o', table, '--', ...words], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 180_000,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LC_ALL: 'C.UTF-8' },
  });
  if (status !== 0) throw new Error(`${words.join(' ').slice(0, 200)}: exit ${status}: ${stderr}`);
  const counts = new Map();
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    const [, calls, name] = /^\s*(\d+)\s+([a-z_]\w*)$/.exec(line) ?? [];
    if (name !== undefined && name !== 'total') counts.set(name, (counts.get(name) ?? 0) + Number(calls));
  }
  if (counts.size === 0) throw new Error(`no counts in ${readFileSync(table, 'utf8')}`);
  return counts;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's, not JavaScript's
const FORMAT = '${db:Status-Abbrev} ${Package} ${Version}\n';
const version = (name) => {
  const pattern = name === 'openjdk' ? 'openjdk-*-jre-headless' : name;
  const listed = spawnSync('dpkg-query', ['-W', '-f', FORMAT, pattern], {
    encoding: 'utf8',
  });
  const installed = listed.stdout.split('\n').find((line) => line.startsWith('ii'));
  return installed?.replace(/^ii\s+/, '') ?? `${name} of another source`;
};

const shares = new Map();
const told = [];
for (const [packages, shell, command] of WORKLOADS) {
  const folder = mkdtempSync(join(tmpdir(), 'call-frequencies-'));
  try {
    const counts = traced(shell, command, folder);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    for (const [name, count] of counts) shares.set(name, (shares.get(name) ?? 0) + count / total / WORKLOADS.length);
    told.push(`${packages.split(' ').map(version).join(', ')}: ${total} calls, ${counts.size} different`);
    console.error(told.at(-1));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const strace = execFileSync('strace', ['-V'], { encoding: 'utf8' }).split('\n')[0];
const rows = [...shares].map(([name, share]) => [name, Math.round(share * PER)]).filter(([, count]) => count > 0);
rows.sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
writeFileSync(
  OUTPUT,
  [
    '# How often programs make each system call, of a million. Made by scripts/trace-call-frequencies.mjs, which has the',
    `# commands: each was run under strace -f -c (${strace}), Linux ${release().replace(/-.*/, '')}, x86-64,`,
    '# and each counts the same, however many calls it made:',
    ...told.map((line) => `#   ${line}`),
    ...rows.map(([name, count]) => `${name} ${count}`),
    '',
  ].join('\n'),
);
