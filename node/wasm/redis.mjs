// The store on a Redis server, through the host's own client.

import {
  ClosedError,
  ConnectionLostError,
  FairlaneError,
  InvalidArgumentError,
  TimeoutError,
  UnavailableError,
  errorOf,
} from "./errors.mjs";
import { Sleepers, pause } from "./waiting.mjs";

/** How long the server lets a worker wait at a time. Then the worker looks for itself: the call may
 * have gone with a worker that was killed. In milliseconds. */
const BLOCK = 5_000;

/** The most calls under way: the scripts know slots by two bytes. */
const MAX_SLOTS = 65_536;

/** The words of an error reply begin with its code; those of a broken connection do not. */
const ERROR_REPLY = /^-?[A-Z][A-Z0-9_]{2,} /;

/** The pauses between tries: from 10 ms to half a second, with jitter. */
const pauseAfter = (tries) => (0.5 + Math.random() / 2) * Math.min(10 * 2 ** tries, 500);

/** Carries the requests of one queue to a server. */
export class Redis {
  #module;
  #client;
  #takesText;
  #blocking;
  #options;
  #wakeKey;
  #closing;
  /** Names this handle to the scripts. */
  #link = crypto.getRandomValues(new Uint8Array(8));
  #sequence = 0;
  /** Slots that no request on its way has, and the number of slots that were ever used. */
  #slots = [];
  #slotsMade = 0;
  #sleepers = new Sleepers();
  #isListening = false;
  #waitingRefused;

  constructor(module, client, wakeKey, options, closing) {
    this.#module = module;
    this.#client = asClient("client", client);
    this.#takesText = client.takesText === true;
    this.#blocking = options.blocking && asClient("blocking", options.blocking);
    this.#wakeKey = wakeKey;
    this.#options = { busyTimeout: 10_000, callTimeout: 5_000, pollInterval: 100, ...options };
    this.#closing = closing;
  }

  changed() {}

  close() {
    this.#sleepers.stir();
  }

  /** Carries out a request: sends it until it has its answer, or the caller's time is over. */
  async call(request) {
    if (this.#closing.isClosed) throw closed();
    const deadline = performance.now() + this.#options.busyTimeout;
    const slot = this.#slot();
    request.identify(this.#link, slot, ++this.#sequence);
    const underWay = new Set();
    for (let tries = 0, isLoaded = false; ; ) {
      let hindrance;
      try {
        const command = this.#takesText ? request.commandAsText() : request.command();
        const reply = await this.#send(this.#client, command, underWay);
        this.#release(slot, underWay);
        return reply;
      } catch (error) {
        hindrance = error;
      }
      const isReply = ERROR_REPLY.test(hindrance.message);
      const remedy = isReply ? this.#module.remedy(hindrance.message) : "repeat";
      if (remedy === "load" && !isLoaded) {
        isLoaded = true;
        const load = this.#takesText ? request.loadAsText() : request.load();
        const loading = this.#send(this.#client, load, new Set());
        // If that went wrong, the next sending tells why.
        await loading.catch(() => {});
        continue;
      }
      if (remedy === "repeat") {
        request.repeated();
      }
      const rest = deadline - performance.now();
      const isLast = remedy === "load" || remedy === "tell" || rest <= 0;
      if (isLast || this.#closing.isClosed) {
        this.#release(slot, underWay);
        throw this.#explain(hindrance, isReply);
      }
      await pause(Math.min(pauseAfter(tries++), rest), this.#closing);
    }
  }

  /** Enters a worker that waits for the server's call. */
  place(signal) {
    const self = this;
    const place = {
      rung: false,
      watches: false,
      async wait(time) {
        place.rung = await self.#wait(time, signal);
      },
      /** Has another worker look, if this one was called to or was to. */
      leave(hasLooked) {
        if (place.watches || (place.rung && !hasLooked)) {
          self.#ring();
        }
      },
    };
    return place;
  }

  async #wait(time, signal) {
    if (!this.#blocking) {
      return this.#sleepers.sleep(Math.min(time, this.#options.pollInterval), signal);
    }
    const rung = this.#sleepers.sleep(Math.min(time, BLOCK), signal);
    this.#listen();
    const isRung = await rung;
    if (this.#waitingRefused) {
      throw this.#waitingRefused;
    }
    return isRung;
  }

  /** Takes the marker whenever one of this queue's workers sleeps: one blocking command for all. */
  async #listen() {
    if (this.#isListening) {
      return;
    }
    this.#isListening = true;
    const command = ["BZPOPMIN", this.#wakeKey, String(BLOCK / 1000)];
    for (let tries = 0; !this.#sleepers.isEmpty && !this.#closing.isClosed; ) {
      try {
        await this.#send((command) => this.#take(command), command, new Set(), BLOCK);
        tries = 0;
      } catch (error) {
        const isReply = ERROR_REPLY.test(error.message);
        if (isReply && this.#module.remedy(error.message) === "tell") {
          this.#waitingRefused = this.#explain(error, true);
          this.#sleepers.stir();
        } else {
          await pause(pauseAfter(tries++), this.#closing);
        }
      }
    }
    this.#isListening = false;
  }

  /** Takes the marker, and calls a worker. It may come when nobody listens any more: then it is put
   * back for another program's workers. */
  async #take(command) {
    const marker = await this.#blocking(command);
    if (marker !== null && (this.#closing.isClosed || !this.#sleepers.ring())) {
      this.#ring();
    }
  }

  /** Calls a worker, whichever. One call too many wakes it for nothing, no more. */
  #ring() {
    const sent = (async () => this.#client(["ZADD", this.#wakeKey, "0", "w"]))();
    // Late at worst: every worker looks by itself now and then.
    sent.catch(() => {});
  }

  #send(client, command, underWay, longer = 0) {
    if (this.#closing.isClosed) {
      return Promise.reject(closed());
    }
    return new Promise((resolve, reject) => {
      const end = (settle) => (value) => {
        clearTimeout(timer);
        this.#closing.delete(onClosed);
        settle(value);
      };
      const onClosed = () => end(reject)(closed());
      const late = () => end(reject)(new TimeoutError("redis server did not answer in time"));
      const timer = setTimeout(late, this.#options.callTimeout + longer);
      this.#closing.add(onClosed);
      // A client that throws is taken for one that rejects.
      const sent = (async () => client(command))();
      underWay.add(sent);
      sent.catch(() => {}).finally(() => underWay.delete(sent));
      sent.then(end(resolve), (error) => {
        end(reject)(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  #slot() {
    if (this.#slots.length === 0 && this.#slotsMade === MAX_SLOTS) {
      const message = `queue has ${MAX_SLOTS} calls under way: await some before more are made`;
      throw new UnavailableError(message);
    }
    return this.#slots.pop() ?? this.#slotsMade++;
  }

  /** Gives a slot back when nothing in it can be carried out any more: a client that is late may
   * still send what it was given. */
  async #release(slot, underWay) {
    await Promise.allSettled(underWay);
    this.#slots.push(slot);
  }

  #explain(hindrance, isReply) {
    if (hindrance instanceof FairlaneError) {
      return hindrance;
    }
    if (isReply) {
      return errorOf(this.#module.refusal(hindrance.message), { cause: hindrance });
    }
    const message = `connection to redis server was lost: ${hindrance.message}`;
    return new ConnectionLostError(message, { cause: hindrance });
  }
}

const closed = () => new ClosedError("queue is closed: open it again to go on");

function asClient(what, client) {
  if (typeof client !== "function") {
    const accepted = "accepted are functions that send a command and give its reply";
    throw new InvalidArgumentError(`${what} of type ${typeof client} is not accepted: ${accepted}`);
  }
  return client;
}
