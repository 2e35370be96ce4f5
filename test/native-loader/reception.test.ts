import { expect, it } from 'vitest';
import {
  beginReceiving,
  createReception,
  endReceiving,
  MainReception,
  takeBack,
  turnsOfMainThread,
} from '../../native-loader/supervise/reception.js';

it('lets one thread receive at a time', () => {
  const shared = createReception();
  const main = new MainReception(shared, () => {});
  expect(beginReceiving(shared)).toBe(true);
  expect(main.take()).toBe(false);
  endReceiving(shared);
  expect(main.take()).toBe(true);
  expect(main.beginReceiving()).toBe(true);
  expect(beginReceiving(shared)).toBe(false);
});

it('wakes the supervisor thread if it looked aside, and only then', () => {
  let woken = 0;
  const shared = createReception();
  const main = new MainReception(shared, () => woken++);
  main.take();
  main.giveBack();
  expect(woken).toBe(0);
  main.take();
  expect(beginReceiving(shared)).toBe(false);
  main.giveBack();
  expect(woken).toBe(1);
  expect(beginReceiving(shared)).toBe(true);
});

it('says when the main thread has had the listener: what poll(2) saw before may be gone', () => {
  const shared = createReception();
  const before = turnsOfMainThread(shared);
  const main = new MainReception(shared, () => {});
  main.take();
  main.giveBack();
  expect(turnsOfMainThread(shared)).not.toBe(before);
});

it('is taken back from a handler, and not while the main thread receives', () => {
  const shared = createReception();
  const main = new MainReception(shared, () => {});
  main.take();
  main.beginReceiving();
  takeBack(shared);
  expect(beginReceiving(shared)).toBe(false);
  main.endReceiving();
  takeBack(shared);
  expect(main.beginReceiving()).toBe(false);
  expect(beginReceiving(shared)).toBe(true);
  main.giveBack();
  expect(main.take()).toBe(false);
});
