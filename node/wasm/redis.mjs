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
import { Awaited, Sleepers, pause } from "./waiting.mjs";

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
  #endsKey;
  #closing;
  /** Names this handle to the scripts. */
  #link = crypto.getRandomValues(new Uint8Array(8));
  #sequence = 0;
  /** Slots that no request on its way has, and the number of slots that were ever used. */
  #slots = [];
  #slotsMade = 0;
  #sleepers = new Sleepers();
  #awaited = new Awaited();
  #isListening = false;
  /** Whether the marker is listened for; else it is the box alone. */
  #listensForWork = false;
  #waitingRefused;

  constructor(module, client, core, options, closing) {
    this.#module = module;
    this.#client = asClient("client", client);
    this.#takesText = client.takesText === true;
    this.#blocking = options.blocking && asClient("blocking", options.blocking);
    this.#wakeKey = core.wakeKey();
    const name = Array.from(this.#link, (byte) => byte.toString(16)).join(".");
    this.#endsKey = core.endsKey(name);
    /** Names this handle to the ends of jobs, if it can be called by them. */
    this.listener = this.#blocking && name;
    this.#options = { busyTimeout: 10_000, callTimeout: 5_000, pollInterval: 100, ...options };
    this.#closing = closing;
  }

  changed() {}

  close() {
    this.#sleepers.stir();
    this.#awaited.stir();
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

  /** Enters one who waits for the end of a job. The server forgets within seconds what is waited
   * for, and is told so again by each look. */
  await(id, signal) {
    const entered = this.#awaited.enter(id);
    // Who is not called looks; however many do, there are ten looks an interval.
    const crowd = () => (this.#blocking ? 1 : Math.ceil(this.#awaited.size / 10));
    const sleep = (time) => (most) => entered.wait(Math.min(time, most * crowd()), signal);
    return {
      isOpen: false,
      wait: (time) => this.#listening(sleep(time)),
      leave: entered.leave,
    };
  }

  #wait(time, signal) {
    return this.#listening((most) => this.#sleepers.sleep(Math.min(time, most), signal));
  }

  /** Listens for one who sleeps. */
  async #listening(sleep) {
    if (!this.#blocking) {
      return sleep(this.#options.pollInterval);
    }
    const slept = sleep(BLOCK);
    this.#listen();
    const isRung = await slept;
    if (this.#waitingRefused) {
      throw this.#waitingRefused;
    }
    return isRung;
  }

  get #isAwaited() {
    const somebodyWaits = !this.#sleepers.isEmpty || this.#awaited.size > 0;
    return somebodyWaits && !this.#closing.isClosed;
  }

  /** Takes the marker whenever one of this queue's workers sleeps, and what comes into the box of this
   * handle: one blocking command for all. */
  async #listen() {
    if (this.#isListening) {
      if (!this.#listensForWork && !this.#sleepers.isEmpty) {
        this.#listensForWork = true;
        this.#stop();
      }
      return;
    }
    this.#isListening = true;
    for (let tries = 0; this.#isAwaited; ) {
      this.#listensForWork = !this.#sleepers.isEmpty;
      const keys = this.#listensForWork ? [this.#wakeKey, this.#endsKey] : [this.#endsKey];
      const command = ["BZPOPMIN", ...keys, String(BLOCK / 1000)];
      try {
        await this.#send((command) => this.#take(command), command, new Set(), BLOCK);
        tries = 0;
      } catch (error) {
        const isReply = ERROR_REPLY.test(error.message);
        if (isReply && this.#module.remedy(error.message) === "tell") {
          this.#waitingRefused = this.#explain(error, true);
          this.#sleepers.stir();
          this.#awaited.stir();
        } else {
          await pause(pauseAfter(tries++), this.#closing);
        }
      }
    }
    this.#isListening = false;
  }

  /** Takes the marker, and calls a worker, or an id, and calls those who wait for that job. The marker
   * may come when nobody listens any more: then it is put back for another program's workers. */
  async #take(command) {
    const [key, member] = ((await this.#blocking(command)) ?? []).slice(0, 2).map(asText);
    if (key === asText(this.#endsKey)) {
      this.#awaited.call(member);
    } else if (key !== undefined && (this.#closing.isClosed || !this.#sleepers.ring())) {
      this.#ring();
    }
  }

  /** Ends the blocking command, so that the next one may be another. */
  #stop() {
    for (const command of [["ZADD", this.#endsKey, "0", ""], ["PEXPIRE", this.#endsKey, "60000"]]) {
      // Late at worst: the command lasts for seconds.
      (async () => this.#client(command))().catch(() => {});
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

const asText = (word) => (typeof word === "string" ? word : new TextDecoder().decode(word));

const closed = () => new ClosedError("queue is closed: open it again to go on");

function asClient(what, client) {
  if (typeof client !== "function") {
    const accepted = "accepted are functions that send a command and give its reply";
    throw new InvalidArgumentError(`${what} of type ${typeof client} is not accepted: ${accepted}`);
  }
  return client;
}
