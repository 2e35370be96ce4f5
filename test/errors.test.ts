import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError, ScmpError, UnsupportedHostError } from '../src/errors.js';
import { ROOT } from './cli/scmp.js';

describe('an error', () => {
  it('has its class by name, and is one of its class and of ScmpError alone', () => {
    const error = new InvalidArgumentError('no');
    expect(error.name).toBe('InvalidArgumentError');
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error).toBeInstanceOf(ScmpError);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(UnsupportedHostError);
    for (const other of [
      new Error('no'),
      null,
      undefined,
      'InvalidArgumentError',
      {},
      ScmpError,
      ScmpError.prototype,
    ]) {
      expect(other).not.toBeInstanceOf(InvalidArgumentError);
    }
  });

  it('of a class that others derive is one of theirs and of ours, and ours are none of theirs', () => {
    class Derived extends InvalidArgumentError {}
    const derived = new Derived('no');
    expect(derived).toBeInstanceOf(Derived);
    expect(derived).toBeInstanceOf(InvalidArgumentError);
    expect(new InvalidArgumentError('no')).not.toBeInstanceOf(Derived);
  });

  it('has a class that is written with its own name, whatever bundlers make of it', () => {
    const classes = ['src', 'native-loader'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => [
          ...readFileSync(join(ROOT, folder, file), 'utf8').matchAll(/class (\w+) extends \w+Error \{([\s\S]*?)^\}/gm),
        ]),
    );
    expect(classes.length).toBeGreaterThan(20);
    for (const [, name, body] of classes) expect(body).toContain(`static override readonly brand = '${name}';`);
  });
});
