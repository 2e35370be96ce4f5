import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';

/** The text of a file in the last commit; undefined where git or the file has none. */
export function committedText(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { cwd: dirname(path), encoding: 'utf8', maxBuffer: 32 * 1024 * 1024, timeout: 5000 } as const;
    execFile('git', ['show', `HEAD:./${basename(path)}`], options, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });
}
