import { expect, it } from 'vitest';
import { superviseListener } from '../../native-loader/index.js';
import { InvalidArgumentError } from '../../src/errors.js';

it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('does not take %d for a descriptor', (fd) => {
  expect(() => superviseListener(fd, { onNotification: (call) => call.continue() })).toThrow(InvalidArgumentError);
});
