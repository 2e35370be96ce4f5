// Merging the recordings of a fleet with `scmp merge`: the processor time and the memory for 10,000 of them.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fleetRecording } from '../test/compose/fleet.js';
import type { Figure } from './figure.js';

const RECORDINGS = 10_000;
const CALLS = 300;
const MAX_SECONDS = 20;
const MAX_MEGABYTES = 300;

/** The figures of the built package (dist/scmp.cjs), from the project's root. Needs GNU time(1). */
export function mergeFigures(root: string): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-bench-merge-'));
  const scmp = join(root, 'dist/scmp.cjs');
  try {
    const { syscalls } = JSON.parse(readFileSync(join(root, 'src/profile/builtin/docker.json'), 'utf8')) as {
      syscalls: { names: string[] }[];
    };
    const names = [...new Set(syscalls.flatMap((entry) => entry.names))];
    const recording = (number: number) => fleetRecording(number, names, CALLS);

    const files = join(folder, 'files');
    const yaml = openSync(join(folder, 'list.yaml'), 'w');
    const json = openSync(join(folder, 'list.json'), 'w');
    writeSync(yaml, 'apiVersion: v1\nitems:\n');
    writeSync(json, '{\n    "apiVersion": "v1",\n    "items": [');
    for (let number = 0; number < RECORDINGS; number++) {
      const { node, name, asYaml, asJson } = recording(number);
      const own = join(files, node);
      mkdirSync(own, { recursive: true });
      writeFileSync(join(own, `${name}.yaml`), asYaml);
      writeSync(yaml, asYaml.replace(/^/gm, '  ').replace(/^ {2}/, '- ').replace(/ +$/, ''));
      writeSync(json, `${number > 0 ? ',' : ''}\n${asJson}`);
    }
    writeSync(yaml, 'kind: List\nmetadata:\n  resourceVersion: ""\n');
    writeSync(json, '\n    ],\n    "kind": "List",\n    "metadata": { "resourceVersion": "" }\n}\n');
    closeSync(yaml);
    closeSync(json);

    return (
      [
        [`${RECORDINGS} files in folders by node`, files],
        ['one list in YAML (kubectl get -o yaml)', join(folder, 'list.yaml')],
        ['one list in JSON (kubectl get -o json)', join(folder, 'list.json')],
      ] as const
    ).map(([what, input]): Figure => {
      const command = [
        process.execPath,
        scmp,
        'merge',
        input,
        '--min-nodes',
        '2',
        '--to',
        'spo',
        '-o',
        join(folder, 'out.yaml'),
      ];
      const { stderr, status } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', ...command], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`scmp merge failed: ${stderr}`);
      const [user, system, kilobytes] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number) as [
        number,
        number,
        number,
      ];
      const seconds = user + system;
      const megabytes = kilobytes / 1000;
      return {
        what: `scmp merge: ${RECORDINGS} recordings of ${CALLS} calls, ${what}`,
        value: `${seconds.toFixed(1)} s of processor time, ${megabytes.toFixed(0)} MB`,
        bar: `under ${MAX_SECONDS} s and ${MAX_MEGABYTES} MB`,
        holds: seconds < MAX_SECONDS && megabytes < MAX_MEGABYTES,
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
