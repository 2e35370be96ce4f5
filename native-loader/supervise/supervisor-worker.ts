import { constants } from 'node:os';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { errnoName, libc } from '../libc/libc.js';
import { SECCOMP_GET_NOTIF_SIZES } from '../libc/seccomp-abi.js';
import { type SupervisorCalls, supervisorCalls } from '../libc/supervisor-calls.js';
import { CallTally } from './call-tally.js';
import { putInMailbox } from './mailbox.js';
import { NOTIFICATION_SIZE, notifyRequests, type RawResponse, RESPONSE_SIZE } from './notify-abi.js';
import { type FromThread, PACKET_HEADER, type ThreadStart, type ToThread, type Watch } from './watch-protocol.js';

const POLLIN = 1;
const POLLERR = 8;
const POLLHUP = 16;
const POLLNVAL = 32;
const { ENOENT, EINTR, EAGAIN, ECONNABORTED } = constants.errno;

/**
 * Node cannot end a thread that waits in C. Ending it may take this long in the worst case; usually the eventfd wakes
 * it.
 */
const MAX_WAIT_MILLISECONDS = 1000;

/**
 * The supervisor thread. It waits for all watched descriptors at once in poll(2), never on libuv's pool, and gives the
 * answers of tables by itself. Without anything to watch it waits in Node's event loop for a message.
 */
export class SupervisorWorker {
  readonly #c: SupervisorCalls = supervisorCalls();
  readonly #requests = notifyRequests(process.arch);
  readonly #port: MessagePort;
  readonly #start: ThreadStart;
  /** `struct pollfd`s; the first is the eventfd's. Entry n is that of `#watches[n - 1]`. */
  #pollEntries = new Int32Array();
  #watches: Watch[] = [];
  /** By the watch's id. */
  readonly #tallies = new Map<number, CallTally>();
  /** One buffer each, as long as this kernel's structures, used again for every call. */
  readonly #packet: Uint8Array;
  readonly #packetView: DataView;
  readonly #notification: Uint8Array;
  readonly #notificationView: DataView;
  readonly #response: Uint8Array;
  readonly #responseView: DataView;
  readonly #little: boolean;

  constructor(port: MessagePort, start: ThreadStart) {
    this.#port = port;
    this.#start = start;
    this.#little = this.#c.endianness === 'little';
    const sizes = new Uint16Array(3);
    libc().seccomp(SECCOMP_GET_NOTIF_SIZES, 0, new Uint8Array(sizes.buffer));
    this.#packet = new Uint8Array(new ArrayBuffer(PACKET_HEADER + Math.max(sizes[0]!, NOTIFICATION_SIZE)));
    this.#packetView = new DataView(this.#packet.buffer);
    this.#notification = this.#packet.subarray(PACKET_HEADER);
    this.#notificationView = new DataView(this.#packet.buffer, PACKET_HEADER);
    this.#response = new Uint8Array(new ArrayBuffer(Math.max(sizes[1]!, RESPONSE_SIZE)));
    this.#responseView = new DataView(this.#response.buffer);
    port.on('message', (message: ToThread) => {
      this.#handle(message);
      this.#run();
    });
  }

  #run(): void {
    while (this.#watches.length > 0 && Atomics.load(this.#start.stop, 0) === 0) {
      const entries = this.#pollEntries;
      if (this.#c.poll(entries, MAX_WAIT_MILLISECONDS) <= 0) continue;
      // The lists change while this goes on: only entries of this poll count.
      const watches = this.#watches;
      for (const [index, watch] of watches.entries()) {
        const events = this.#returnedEvents(entries[2 * index + 3]!);
        if (events !== 0) this.#ready(watch, events);
      }
      if (this.#returnedEvents(entries[1]!) !== 0) this.#readMessages();
    }
  }

  #readMessages(): void {
    this.#c.readEventfd(this.#start.wakeUp);
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#handle(next.message as ToThread);
    }
  }

  #handle(message: ToThread): void {
    if (message.kind === 'watch') {
      const { watch } = message;
      this.#watches = [...this.#watches, watch];
      if (watch.kind === 'listener' && watch.tally) {
        this.#tallies.set(watch.id, new CallTally(watch.tally, this.#c.endianness));
      }
      this.#layOutPoll();
    } else {
      this.#end(message.id);
    }
  }

  #layOutPoll(): void {
    const fds = [this.#start.wakeUp, ...this.#watches.map(({ fd }) => fd)];
    this.#pollEntries = Int32Array.from(fds.flatMap((fd) => [fd, this.#little ? POLLIN : POLLIN << 16]));
  }

  /** `events` and `revents` are 16 bits each, in this order. */
  #returnedEvents(word: number): number {
    return this.#little ? word >>> 16 : word & 0xffff;
  }

  #end(id: number, errno?: string): void {
    this.#watches = this.#watches.filter((watch) => watch.id !== id);
    this.#layOutPoll();
    const tallied = this.#tallies.get(id)?.calls();
    this.#tallies.delete(id);
    this.#post({ kind: 'ended', id, ...(errno === undefined ? {} : { errno }), ...(tallied ? { tallied } : {}) });
  }

  #post(message: FromThread): void {
    this.#port.postMessage(message);
  }

  #ready(watch: Watch, events: number): void {
    // Nobody is left under a listener's filter. It stays readable then, so this comes first.
    const hungUp = watch.kind === 'listener' && (events & (POLLHUP | POLLERR)) !== 0;
    if (events & POLLNVAL) this.#end(watch.id, 'EBADF');
    else if (hungUp) this.#end(watch.id);
    else if (watch.kind === 'listener') this.#receiveNotification(watch);
    else if (watch.kind === 'socket') this.#receiveData(watch);
    else this.#accept(watch);
  }

  #receiveNotification(watch: Watch & { kind: 'listener' }): void {
    const bytes = this.#notification;
    // The kernel takes a zeroed structure only.
    bytes.fill(0);
    const received = this.#c.ioctl(watch.fd, this.#requests.RECV, bytes);
    if (received < 0) {
      // ENOENT: the target was killed, or a signal interrupted the call, since poll(2) has seen it.
      if (received !== -ENOENT && received !== -EINTR) this.#end(watch.id, errnoName(-received));
      return;
    }
    const number = this.#notificationView.getInt32(16, this.#little);
    const auditArch = this.#notificationView.getUint32(20, this.#little);
    this.#tallies.get(watch.id)?.count(auditArch, number, this.#notificationView);
    const answer = watch.answers.bySyscall.get(auditArch)?.get(number) ?? watch.answers.otherwise;
    if (answer) {
      this.#answer(watch.fd, answer);
    } else {
      this.#packetView.setBigUint64(0, BigInt(watch.id), this.#little);
      const packet = this.#packet.subarray(0, PACKET_HEADER + NOTIFICATION_SIZE);
      if (!putInMailbox(this.#start.mailbox, packet)) this.#post(packet.slice());
    }
  }

  /** ENOENT says that the call is gone, which is normal; the table was checked, so that nothing else can be wrong. */
  #answer(fd: number, { value, error, flags }: RawResponse): void {
    const view = this.#responseView;
    view.setBigUint64(0, this.#notificationView.getBigUint64(0, this.#little), this.#little);
    view.setBigInt64(8, value, this.#little);
    view.setInt32(16, -error, this.#little);
    view.setUint32(20, flags, this.#little);
    this.#c.ioctl(fd, this.#requests.SEND, this.#response);
  }

  #receiveData({ id, fd }: Watch): void {
    const received = this.#c.receiveMessage(fd);
    if (typeof received === 'number') {
      if (received !== -EAGAIN && received !== -EINTR) this.#end(id, errnoName(-received));
    } else if (received.bytes.length === 0 && received.fds.length === 0) {
      this.#end(id);
    } else {
      this.#post({ kind: 'received', id, ...received });
    }
  }

  #accept({ id, fd: server }: Watch): void {
    const fd = this.#c.accept(server);
    if (fd >= 0) this.#post({ kind: 'accepted', id, fd });
    else if (fd !== -EAGAIN && fd !== -EINTR && fd !== -ECONNABORTED) this.#end(id, errnoName(-fd));
  }
}
