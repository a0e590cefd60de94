/**
 * A job queue that is fair between tenants, durable, and the same in every language.
 *
 * Times are milliseconds, moments are milliseconds since 1970, ids and tokens are strings. Every call
 * of a queue gives a promise; it is rejected with a {@link FairlaneError}, whose `code` is the same in
 * every language. No call blocks the event loop or a thread of libuv's pool. A pending call keeps the
 * process alive, an open queue does not.
 */

/// <reference types="node" />

import { EventEmitter } from "node:events";

/** The priority of work that may wait for everything else: 0. */
export declare const BULK_PRIORITY: number;
/** The lane of a job that names none: "default". */
export declare const DEFAULT_LANE: string;
/** The lease of a pop that names none, in milliseconds: 120,000. */
export declare const DEFAULT_LEASE: number;
/** The tries of a job that names none: 10. */
export declare const DEFAULT_MAX_TRIES: number;
/** The priority of a job that names none: 1. */
export declare const DEFAULT_PRIORITY: number;
/** The highest priority: 9. */
export declare const MAX_PRIORITY: number;
/** The version of the package. */
export declare const VERSION: string;

/** A moment: milliseconds since 1970, or a Date. */
export type Moment = number | Date;

/** What a payload is made from: bytes go as they are, any other value as UTF-8 JSON. */
export type Payload = ArrayBufferView | ArrayBuffer | JsonValue;

/** A value that has a JSON text: what JSON.stringify takes. */
export type JsonValue = string | number | boolean | object | null;

/** A delivery: the job that pop gave, or its token. */
export type Delivery = Job | string;

/** At most `count` starts in any window of so many milliseconds; a count of 0 means no limit. */
export type Rate = [count: number, window: number];

/** How a queue is opened. */
export interface QueueOptions {
  /**
   * "full", the default: a push that returned survives power loss; or "normal": a power loss may take
   * the last milliseconds.
   */
  durability?: "full" | "normal";
  /** Whether a file that is not there is made; true by default. */
  create?: boolean;
  /**
   * Whether leases of this handle outlive its process; false by default: the jobs of a process that
   * has ended are given back at once.
   */
  keepLeases?: boolean;
  /** The longest payload in bytes; 16 MiB by default. */
  maxPayload?: number;
  /** How many dead jobs the archive keeps; 10,000 by default. */
  maxFailed?: number;
  /** How long a call may wait for other processes, or for a server that is away; 10,000 by default. */
  busyTimeout?: number;
  /** A clock for tests; by default the system's, or the server's. */
  clock?: ManualClock;
}

/** The settings of a job to push. */
export interface PushOptions {
  /** 0 to 9, higher first within the lane; 1 by default. */
  priority?: number;
  /** The lane's exact limit: at most so many starts in any second. 0 lifts it. */
  tps?: number;
  /** The lane's exact limit as a count and a window; instead of `tps`. */
  rate?: Readonly<Rate>;
  /** Holds the job back for so long. */
  delay?: number;
  /** Holds the job back until then; instead of `delay`. */
  at?: Moment;
  /** How many starts the job counts as; 1 by default. */
  cost?: number;
  /**
   * While a job of this key is queued or running, and until `keyTtl` from its push has passed, a
   * further push makes no job and gives the id of the first.
   */
  key?: string;
  /** How long from the push the key stays taken even if the job ends before; 0 by default. */
  keyTtl?: number;
  /** How often the job is tried before it is dead; 10 by default, -1 for ever. */
  maxTries?: number;
  /** How long a retry waits; `new BackoffPolicy()` by default. */
  backoff?: BackoffPolicy | Backoff;
  /** The id of a job that must complete first. */
  after?: string;
  /** Texts by name that travel with the job, up to 8192 bytes together. */
  headers?: Readonly<Record<string, string>>;
}

/** How a pop waits. */
export interface PopOptions {
  /** How long to wait for a job; 0 by default. */
  wait?: number;
  /** How long the worker has to end or extend the delivery; 120,000 by default, 0 for at most once. */
  lease?: number;
  /**
   * Ends the wait: the promise is rejected with the signal's reason. A job that was already on its way
   * is delivered.
   */
  signal?: AbortSignal;
}

/** What a completion brings along. */
export interface CompleteOptions {
  /** Jobs to push in the same step. */
  then?: Iterable<NewJob>;
  /** What {@link Queue.result} gives: bytes as they are, any other value but null as UTF-8 JSON. */
  result?: Payload;
  /** How long the result is kept; 3,600,000 by default, 0 not at all. */
  resultTtl?: number;
}

/** What many completions bring along. */
export interface CompleteManyOptions {
  /** The result of each, in the order of the tokens; null for none. */
  results?: Iterable<Payload | null>;
  /** How long the results are kept; 3,600,000 by default, 0 not at all. */
  resultTtl?: number;
}

/** How a result is waited for. */
export interface ResultOptions {
  /** How long to wait for the end of the job; 0 by default. */
  wait?: number;
  /** Ends the wait: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** How {@link Queue.jobs} pops. */
export interface JobsOptions {
  /** How long the worker has to end or extend each delivery; 120,000 by default. */
  lease?: number;
  /** Ends the loop. */
  signal?: AbortSignal;
}

/** Limits to set; what is not given stays as it is, 0 lifts a limit. */
export interface LimitsOptions {
  /** At most so many starts in any second. */
  tps?: number;
  /** At most so many starts in any window; instead of `tps`. */
  rate?: Readonly<Rate>;
  /** The most jobs in flight at once. */
  maxInFlight?: number;
  /** The lane's share against other lanes, 1 to 1000. */
  weight?: number;
  /** The most jobs waiting; a push beyond it gives a {@link QueueFullError}. */
  maxWaiting?: number;
}

/** When a schedule ticks, and how its jobs are pushed. */
export interface ScheduleOptions {
  /**
   * When to tick by the calendar: minute, hour, day of month, month and day of week, seconds before
   * that if there are six fields; or a name such as "@daily". Either this or `every` is needed.
   */
  cron?: string;
  /** How many milliseconds it is from tick to tick. */
  every?: number;
  /** Whose clock `cron` means, such as "Europe/Berlin"; "UTC" by default. */
  timezone?: string;
  /**
   * What becomes of ticks at which no process was there: "one" push for all of them, the default;
   * "skip"; or "all": one each, at most 1000.
   */
  catchUp?: "one" | "skip" | "all";
  /** 0 to 9, higher first within the lane; 1 by default. */
  priority?: number;
  /** How many starts each job counts as; 1 by default. */
  cost?: number;
  /** A tick pushes nothing while a job of that key is queued or running. */
  key?: string;
  /** How long from the push the key stays taken even if the job ends before; 0 by default. */
  keyTtl?: number;
  /** How often each job is tried before it is dead; 10 by default, -1 for ever. */
  maxTries?: number;
  /** How long a retry waits; `new BackoffPolicy()` by default. */
  backoff?: BackoffPolicy | Backoff;
}

/** Which dead jobs: those of `ids`, those of a lane, or all. */
export interface FailedFilter {
  /** Ids; those that are not dead are passed over. */
  ids?: Iterable<string>;
  /** A lane; instead of `ids`. */
  lane?: string;
}

/** The settings of a {@link BackoffPolicy}. */
export interface BackoffPolicyOptions {
  /** The first and shortest delay; 1,000 by default. */
  min?: number;
  /** The longest delay; 600,000 by default. */
  max?: number;
  /** What each delay is multiplied by; 2 by default. */
  factor?: number;
  /** Whether the delay is drawn at random between `min` and its value; true by default. */
  jitter?: boolean;
}

/** The settings of a {@link Backoff}. */
export interface BackoffOptions {
  /** The first and shortest delay; 100 by default. */
  min?: number;
  /** The longest delay; 10,000 by default. */
  max?: number;
  /** What each delay is multiplied by; 2 by default. */
  factor?: number;
  /** Whether the delay is drawn at random between `min` and its value; false by default. */
  jitter?: boolean;
  /** The number of delays that it hands out; no limit by default. */
  limit?: number;
  /** The time from the first delay after which it hands out none; none by default. */
  expiration?: number;
}

/**
 * One named queue in one store.
 *
 * The calls of a queue are made in the order in which they were made here. Calls that are pending
 * together are joined: a hundred pushes that nobody awaits one by one cost little more than one.
 */
export declare class Queue implements AsyncDisposable {
  private constructor();

  /**
   * Opens a queue; makes it if there is none.
   *
   * `url` is a file (`jobs.db`, `sqlite:jobs.db`), `memory:` for a queue of this handle alone, or a
   * server (`redis://host`). Rejected with `InvalidArgument` for a URL, name or option that is not
   * accepted, `Corrupt` for a file that is no database, `VersionMismatch` for one of a newer release,
   * `Unavailable` for one that cannot be opened. A server is reached at the first call.
   */
  static open(url: string, name: string, options?: QueueOptions): Promise<Queue>;

  /** The queue's name. */
  get name(): string;

  /**
   * Closes the queue after the calls that were made before: every waiting pop ends with `Closed`, and
   * so does every later call. Closing again is harmless. Jobs in flight keep their leases.
   */
  close(): Promise<void>;

  /** Closes the queue at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;

  /**
   * Pushes one job and gives its id; the holder's id, if the job's key is held. When the promise is
   * fulfilled, the job survives what the queue's durability says.
   *
   * Rejected with `QueueFull`, `PayloadTooLarge`, `InvalidArgument`: nothing was pushed.
   */
  push(payload: Payload, lane?: string, options?: PushOptions): Promise<string>;

  /**
   * Pushes all the jobs in one step, or none, and tells for each its id and whether it is new.
   *
   * Rejected as {@link Queue.push} is; the message names the first job that is not accepted.
   */
  pushMany(jobs: Iterable<NewJob>): Promise<Pushed[]>;

  /**
   * Delivers one job, or null if none came within `wait`.
   *
   * The worker has `lease` to end the delivery (markComplete, release, retry, fail) or to extend it;
   * then the job is delivered again. A lease of 0 means at most once: the job is gone with the pop.
   */
  pop(options?: PopOptions): Promise<Job | null>;

  /** Delivers up to `n` jobs, 1 to 10,000: as many as there are as soon as there is one. */
  popMany(n: number, options?: PopOptions): Promise<Job[]>;

  /**
   * Delivers jobs one after the other, for `for await`. Ends when the signal is aborted or the queue
   * is closed; the job in hand is for the loop to end, as with {@link Queue.pop}.
   */
  jobs(options?: JobsOptions): AsyncGenerator<Job, void, void>;

  /**
   * Ends a delivery: the job is done. The jobs of `then` are pushed in the same step, and `result` is
   * kept for {@link Queue.result}.
   *
   * Rejected with `StaleToken` if the delivery has lapsed or has ended, with `PayloadTooLarge` for a
   * result over `maxPayload`, and as {@link Queue.pushMany} is: then nothing was changed.
   */
  markComplete(token: Delivery, options?: CompleteOptions): Promise<void>;

  /**
   * Ends many deliveries, each by itself, in one step, and keeps their results. Gives for each null,
   * or the error with which markComplete would have been rejected.
   */
  markCompleteMany(
    tokens: Iterable<Delivery>,
    options?: CompleteManyOptions,
  ): Promise<(FairlaneError | null)[]>;

  /**
   * Gives the result of a job, waiting up to `wait` for the job to end; null, at once, if it has ended
   * and no result of it is kept: none was given, its time is over, or the job was cancelled. Reading a
   * result leaves it where it is. All waits of a queue cost one sleeping thread.
   *
   * Rejected with `JobFailed` if the job is dead, `Timeout` if it has not ended, `InvalidArgument` if
   * no push gave that id.
   */
  result(id: string, options?: ResultOptions): Promise<Buffer | null>;

  /** Gives a job back untried: to the front of its lane, or after `delay`. Rejected with `StaleToken`. */
  release(token: Delivery, options?: { delay?: number }): Promise<void>;

  /**
   * Ends a failed try: the job comes again after `delay`, by default after its own backoff; it is dead
   * if its tries are spent. `error` is kept with the job, up to 4096 bytes. Rejected with `StaleToken`.
   */
  retry(token: Delivery, error?: string, options?: { delay?: number }): Promise<void>;

  /** Ends a try that failed for good: the job is dead. Rejected with `StaleToken`. */
  fail(token: Delivery, error?: string): Promise<void>;

  /** Makes a lease last `lease` from now, 120,000 by default. Rejected with `StaleToken`. */
  extend(token: Delivery, options?: { lease?: number }): Promise<void>;

  /**
   * Makes many leases last `lease` from now, each by itself, in one step. Gives for each null, or the
   * error with which extend would have been rejected.
   */
  extendMany(
    tokens: Iterable<Delivery>,
    options?: { lease?: number },
  ): Promise<(FairlaneError | null)[]>;

  /**
   * Wakes throttled, delayed and lapsed work that is due, rings idle workers and keeps house. Never
   * needed for correctness: every call wakes what is due. Harmless at any time.
   */
  dethrottle(): Promise<Swept>;

  /**
   * Starts a thread that calls dethrottle every `interval`, until it is stopped or collected or the
   * queue is closed. It does not keep the process alive.
   */
  startDethrottler(interval: number): Promise<Dethrottler>;

  /**
   * Looks at every job and lane, mends counters, indexes and places that are wrong, and tells what was
   * found; for a queue whose rows were deleted or changed by something else than fairlane.
   *
   * Takes time for every job, in steps between which others are served; later calls of this handle
   * wait. Harmless at any time.
   */
  repair(): Promise<Repaired>;

  /**
   * Starts no job of a lane, or of the whole queue (null), for so long from now: the answer to a
   * provider's "429, retry after". 0 ends an earlier throttle.
   */
  throttle(lane: string | null, duration: number): Promise<void>;

  /** Sets limits of a lane, or of the whole queue (null, the default). */
  setLimits(lane?: string | null, options?: LimitsOptions): Promise<void>;

  /** Starts no more jobs of a lane, or of the whole queue (null, the default). */
  pause(lane?: string | null): Promise<void>;

  /** Starts jobs of a paused lane, or of the paused queue (null, the default), again. */
  resume(lane?: string | null): Promise<void>;

  /** Counts the queue's jobs, lanes and deeds. */
  stats(): Promise<Stats>;

  /** Gives the number of waiting jobs (ready, delayed and blocked) of a lane, or of the whole queue. */
  size(lane?: string | null): Promise<number>;

  /** Lists the lanes by name. */
  lanes(): Promise<LaneInfo[]>;

  /** Looks at one lane; null if there is none of that name. */
  lane(name: string): Promise<LaneInfo | null>;

  /** Looks at a job, dead ones included; null if it is completed, cancelled or was never pushed. */
  get(id: string): Promise<JobInfo | null>;

  /** Looks at the first `n` ready jobs of a lane, in the order in which it will serve them. */
  peek(lane?: string, n?: number): Promise<JobInfo[]>;

  /**
   * Removes a job, whatever its state, with the jobs blocked on it; tells whether there was one. If it
   * was in flight, its token is stale from now on; its worker is not interrupted.
   */
  cancel(id: string): Promise<boolean>;

  /**
   * Removes all waiting jobs of a lane, or of the whole queue (null, the default), with the jobs
   * blocked on them; tells how many went. Jobs in flight and dead jobs stay.
   */
  purge(lane?: string | null): Promise<number>;

  /** Lists up to `n` dead jobs, 100 by default, the latest first. */
  failed(n?: number): Promise<JobInfo[]>;

  /** Puts dead jobs back to the end of their lanes, with all their tries; tells how many. */
  restoreFailed(filter?: FailedFilter): Promise<number>;

  /** Forgets dead jobs, and the jobs blocked on them; tells how many dead ones went. */
  cleanFailed(filter?: FailedFilter): Promise<number>;

  /** Frees all keys of the queue, everywhere: the next push of any key makes a job. */
  bumpKeys(): Promise<void>;

  /**
   * Pushes a job at every tick of a schedule, from now on and until `unschedule`. The schedule is
   * kept in the store. One of the same name is replaced; if nothing differs it stays as it is, so
   * that every process of a program may call this when it starts. Each tick is pushed once, by
   * whichever process pops, waits for a job or sweeps first when it comes.
   */
  schedule(name: string, payload: Payload, lane?: string, options?: ScheduleOptions): Promise<void>;

  /** Ends a schedule; tells whether there was one. Jobs that it has pushed stay. */
  unschedule(name: string): Promise<boolean>;

  /** Lists the schedules by name. */
  schedules(): Promise<ScheduleInfo[]>;
}

/** A job that was delivered to a worker. */
export declare class Job {
  private constructor();
  /** The job's id. */
  get id(): string;
  /** Names this delivery; what ends it must show it, or the job itself. */
  get token(): string;
  /** The lane. */
  get lane(): string;
  /** The bytes that were pushed. Up to 4 KiB they share memory, as Node's own short buffers do, of 16 KiB at most. */
  get payload(): Buffer;
  /** The priority. */
  get priority(): number;
  /** How many starts the job counts as against limits. */
  get cost(): number;
  /** The number of this try; the first is 1. */
  get tries(): number;
  /** How often the job is tried; -1 for ever. */
  get maxTries(): number;
  /** How often a lease of this job lapsed or its worker died. */
  get lapses(): number;
  /** When the job was pushed. */
  get pushedAt(): number;
  /** When this delivery started, by the store's clock. */
  get startedAt(): number;
  /** When the lease lapses; null if the job was popped with lease 0. */
  get leaseUntil(): number | null;
  /** The key, if the job holds one. */
  get key(): string | null;
  /** The id of the job that had to complete first, if one was named. */
  get after(): string | null;
  /** What the last failed try said. */
  get error(): string | null;
  /** The headers that were pushed with it. */
  get headers(): Readonly<Record<string, string>>;
  /** Reads the payload as JSON; throws a SyntaxError if it is none. */
  json(): any;
  /** Gives all of it as a plain object, for JSON.stringify. */
  toJSON(): Record<string, unknown>;
}

/** A job as it stands in the store. */
export declare class JobInfo {
  private constructor();
  /** The job's id. */
  readonly id: string;
  /** Where it stands. */
  readonly state: "ready" | "delayed" | "blocked" | "leased" | "dead";
  /** The lane. */
  readonly lane: string;
  /** The bytes that were pushed. */
  readonly payload: Buffer;
  /** The priority. */
  readonly priority: number;
  /** How many starts the job counts as against limits. */
  readonly cost: number;
  /** How many tries were charged so far. */
  readonly tries: number;
  /** How often the job is tried; -1 for ever. */
  readonly maxTries: number;
  /** How often a lease of this job lapsed or its worker died. */
  readonly lapses: number;
  /** When the job was pushed. */
  readonly pushedAt: number;
  /** When a delayed job is due, and when a blocked one is at the earliest. */
  readonly dueAt: number | null;
  /** When the lease of a leased job lapses. */
  readonly leaseUntil: number | null;
  /** When a dead job died. */
  readonly diedAt: number | null;
  /** The key, if the job holds one. */
  readonly key: string | null;
  /** The id of the job that must complete first, if one was named. */
  readonly after: string | null;
  /** Whether the job named by `after` is dead: then this one stays blocked. */
  readonly parentDead: boolean;
  /** What the last failed try said. */
  readonly error: string | null;
  /** The headers that were pushed with it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reads the payload as JSON; throws a SyntaxError if it is none. */
  json(): any;
}

/**
 * A job to push, for `pushMany` and `markComplete(token, { then })`; the arguments are those of `push`.
 * It is frozen, and may be pushed any number of times.
 */
export declare class NewJob {
  constructor(payload: Payload, lane?: string, options?: PushOptions);
  /** The bytes that the worker gets. */
  get payload(): Buffer;
  /** The lane. */
  get lane(): string;
  /** The priority. */
  get priority(): number;
  /** The rate that the push gives the lane. */
  get rate(): Rate | null;
  /** For how long the job is held back, if it was given so. */
  get delay(): number | null;
  /** The moment from which the job may start, if it was given so. */
  get at(): number | null;
  /** How many starts the job counts as against limits. */
  get cost(): number;
  /** The key that only one job may hold. */
  get key(): string | null;
  /** How long from the push the key stays taken even if the job ends before. */
  get keyTtl(): number;
  /** How often the job is tried; -1 for ever. */
  get maxTries(): number;
  /** How long a retry waits, if the job has a policy of its own. */
  get backoff(): BackoffPolicy | null;
  /** The id of the job that must complete first. */
  get after(): string | null;
  /** The texts by name that travel with the job. */
  get headers(): Readonly<Record<string, string>>;
  /** Gives all of it as a plain object, for JSON.stringify. */
  toJSON(): Record<string, unknown>;
}

/** What a push did. */
export declare class Pushed {
  private constructor();
  /** The job's id; that of the job that holds the key, if the push made none. */
  get id(): string;
  /** Whether the push made a job. */
  get isNew(): boolean;
  /** Gives all of it as a plain object, for JSON.stringify. */
  toJSON(): Record<string, unknown>;
}

/** How many jobs stand where. */
export declare class Counts {
  private constructor();
  /** Jobs that wait for a worker. */
  readonly ready: number;
  /** Jobs that wait for their time. */
  readonly delayed: number;
  /** Jobs that wait for another job. */
  readonly blocked: number;
  /** Jobs that are being worked on. */
  readonly inFlight: number;
  /** Jobs that wait for anything: ready, delayed and blocked. */
  get waiting(): number;
}

/** The limits in force for a lane or a whole queue; 0 means no limit. */
export declare class Limits {
  private constructor();
  /** The exact rate. */
  readonly rate: Rate;
  /** The most jobs in flight at once. */
  readonly maxInFlight: number;
  /** The lane's share against other lanes. */
  readonly weight: number;
  /** The most jobs waiting. */
  readonly maxWaiting: number;
}

/** A lane, looked at. */
export declare class LaneInfo {
  private constructor();
  /** The lane's name. */
  readonly name: string;
  /** Why it is served or not. */
  readonly state: "ready" | "empty" | "paused" | "capped" | "throttled";
  /** How many of its jobs stand where. */
  readonly counts: Counts;
  /** The limits in force. */
  readonly limits: Limits;
  /** Whether it is paused. */
  readonly paused: boolean;
  /** When a throttled lane may start its next job. */
  readonly wakesAt: number | null;
}

/** A queue, looked at. The sums count from the making of the queue. */
export declare class Stats {
  private constructor();
  /** How many jobs stand where. */
  readonly counts: Counts;
  /** Dead jobs in the archive. */
  readonly dead: number;
  /** Rows set aside because they could not be read. */
  readonly quarantined: number;
  /** Lanes with jobs, settings or unexpired limits. */
  readonly lanes: number;
  /** Whether the whole queue is paused. */
  readonly paused: boolean;
  /** The limits of the whole queue; its weight has no meaning. */
  readonly limits: Limits;
  /** Jobs pushed, follow-ups included. */
  readonly pushed: number;
  /** Jobs completed, those popped with lease 0 included. */
  readonly completed: number;
  /** Deliveries that ended in a retry. */
  readonly retried: number;
  /** Jobs that died. */
  readonly died: number;
  /** Leases that lapsed, those of killed workers included. */
  readonly lapsed: number;
}

/** What a sweep moved. */
export declare class Swept {
  private constructor();
  /** Delayed jobs that came due. */
  readonly due: number;
  /** Leases that lapsed. */
  readonly lapsed: number;
  /** Throttled lanes whose time came. */
  readonly woken: number;
}

/** A schedule, looked at. */
export declare class ScheduleInfo {
  private constructor();
  /** The schedule's name. */
  readonly name: string;
  /** The lane of its jobs. */
  readonly lane: string;
  /** The bytes that the worker gets. */
  readonly payload: Buffer;
  /** When it ticks by the calendar. */
  readonly cron: string | null;
  /** How long it is from tick to tick, if it does not tick by the calendar. */
  readonly every: number | null;
  /** Whose clock the calendar goes by. */
  readonly timezone: string | null;
  /** What becomes of missed ticks: one, skip or all. */
  readonly catchUp: string;
  /** When it ticks next. */
  readonly nextAt: number;
  /** When it ticked last, if it did. */
  readonly lastAt: number | null;
}

/**
 * What a repair looked at and what it mended. In a queue that was in order all but `jobs` and `lanes`
 * are 0.
 */
export declare class Repaired {
  private constructor();
  /** Jobs that were looked at, dead ones included. */
  readonly jobs: number;
  /** Lanes that were looked at. */
  readonly lanes: number;
  /** Jobs whose rows were gone or could not be read; stats counts them as quarantined. */
  readonly lostJobs: number;
  /** Jobs that stood nowhere, or not as they should, and were put in their place. */
  readonly placedJobs: number;
  /** Entries of lists and indexes that named nothing, or a job that stands elsewhere. */
  readonly droppedEntries: number;
  /** Lanes whose counters, state or place among others were wrong. */
  readonly mendedLanes: number;
  /** Sums of the queue that were wrong, and schedules that had lost their next tick. */
  readonly mendedSums: number;
  /** Whether all was in order. */
  get isSound(): boolean;
}

/** A running dethrottler; see {@link Queue.startDethrottler}. */
export declare class Dethrottler implements AsyncDisposable {
  private constructor();
  /** Stops, and waits until a sweep under way has ended. Stopping again is harmless. */
  stop(): Promise<void>;
  /** Stops at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * How long a job waits before its next try: `min * factor ** failures`, at most `max`. With jitter it
 * is drawn evenly between `min` and that value. The defaults are those of a job that names no policy.
 */
export declare class BackoffPolicy {
  constructor(options?: BackoffPolicyOptions);
  /** The first and shortest delay. */
  readonly min: number;
  /** The longest delay. */
  readonly max: number;
  /** What each delay is multiplied by. */
  readonly factor: number;
  /** Whether the delay is drawn at random. */
  readonly jitter: boolean;
}

/** Counts attempts and tells how long to wait before the next one. It does not sleep. */
export declare class Backoff {
  constructor(options?: BackoffOptions);
  /** Gives the delay before the next attempt and counts it; null at the limit or the expiration. */
  duration(): number | null;
  /** Gives the delay after that many earlier attempts, counted from 0, and changes nothing. */
  forAttempt(attempt: number): number;
  /** The number of delays handed out since the start or the last reset. */
  get attempt(): number;
  /** Starts again from the first delay. */
  reset(): void;
  /** Makes a fresh backoff of the same settings, at its first delay. */
  copy(): Backoff;
}

/**
 * A clock that stands still until it is turned by hand, for tests of limits, delays and leases without
 * sleeping: `Queue.open(url, name, { clock })`. Every handle of a queue must be given the same clock. A
 * pop that waits is not woken by a turn of it: call pop or dethrottle after that.
 */
export declare class ManualClock {
  constructor(now: Moment);
  /** What the clock shows. */
  get now(): number;
  /** Turns the clock forward by so much; back, if it is negative. */
  advance(by: number): void;
  /** Turns the clock to a moment, forward or back. */
  set(now: Moment): void;
}

/** What a worker calls with each job; see {@link Worker}. */
export type Handler = (job: Job, context: Context) => unknown;

/** What a handler gets beside its job. */
export interface Context {
  /** The queue that the job came from. */
  readonly queue: Queue;
  /**
   * Aborted when the handler need not go on. The reason is a DOMException whose message says why:
   * "stopping" (the worker stops: to finish is fine, and to throw the reason gives the job back
   * untried), "timed out" (the try counts as failed already) or "lost" (the delivery lapsed or the job
   * was cancelled).
   */
  readonly signal: AbortSignal;
}

/** How a {@link Worker} works. */
export interface WorkerOptions {
  /**
   * Further queues with their weights; where jobs wait in several queues, each gets slots in
   * proportion to its weight, 1 for the first queue.
   */
  also?: Iterable<readonly [queue: Queue, weight: number]>;
  /** How many jobs run at once, 1 to 1,024; as many as there are processors by default. */
  concurrency?: number;
  /** How long after this process died its jobs come again at the latest; 120,000 by default. */
  lease?: number;
  /**
   * Gives a handler up that takes longer: its signal is aborted, the try counts as failed, and the job
   * may run again elsewhere. Its slot is free again when the handler has ended. No end by default.
   */
  timeout?: number;
  /**
   * Stops by itself when handlers have begun with that many jobs, each try counted, and have returned;
   * what was taken ahead goes back untried. No end by default.
   */
  maxJobs?: number;
  /**
   * Stops by itself when none of its queues has a job that is ready, delayed or in flight with any
   * worker. The jobs of paused lanes are waited for, those that are blocked by dead jobs are not. False
   * by default.
   */
  untilEmpty?: boolean;
  /** Tells whether an error has the job tried again; if not, it is dead at once. All by default. */
  retryIf?: (error: unknown) => boolean;
}

/** What a {@link Worker} emits; times are how many milliseconds the handler took. */
export interface WorkerEvents {
  /** A handler begins. */
  started: [job: Job];
  /** A job is done. */
  done: [job: Job, took: number];
  /** A try failed, and the job comes again. */
  failed: [job: Job, took: number, error: string];
  /** A try failed, and the job is dead. */
  dead: [job: Job, took: number, error: string];
  /** A job went back untried. */
  released: [job: Job];
  /** A delivery lapsed or was cancelled before its handler had ended it. */
  lost: [job: Job];
  /** A queue has no job for now. */
  idle: [queue: string];
  /** The store could not serve; the worker goes on trying. */
  trouble: [queue: string, error: FairlaneError];
}

/**
 * Calls a handler with the jobs of one or more queues.
 *
 * To return, or to fulfil the promise, means done; a {@link NewJob}, or an array of them, is pushed in
 * the same step; anything else but null, bytes or a JSON value, is kept for an hour as the result of the
 * job. To throw, or to reject, means that the try failed: the job comes again after its backoff, or is
 * dead if its tries are spent. A handler may throw {@link Retry}, {@link Discard} or {@link Release} to
 * say otherwise.
 *
 * Leases are extended by a native thread, one call for all of them, so a handler that blocks the event
 * loop keeps its job, and others theirs. Such a handler holds its lease for ever unless there is a
 * `timeout`, which is watched there, too. A process that ends while a handler runs, in whatever way,
 * counts as a lapse of its job: the try is charged and `lapses` counts it.
 *
 * A running worker keeps the process alive. What a listener throws becomes a warning of the process.
 * `NODE_DEBUG=fairlane` logs what goes wrong.
 */
export declare class Worker extends EventEmitter<WorkerEvents> implements AsyncDisposable {
  constructor(queue: Queue, handler: Handler, options?: WorkerOptions);
  /** Where the worker stands. */
  get state(): WorkerState;
  /**
   * Starts taking jobs; harmless if it runs. One that was stopped may be started again. Rejected with
   * `InvalidArgument` if an option is out of range, `Unavailable` if it is stopping.
   */
  start(): Promise<void>;
  /**
   * Takes no more jobs, gives those back untried that have not begun, and lets handlers finish for
   * `timeout`, 30,000 by default; then what still runs is given back untried too, its signal is
   * aborted, and its outcome does not count. Tells whether every handler has ended. Fulfilled within a
   * second of `timeout` even if the store is away. Harmless if it has stopped.
   */
  stop(options?: { timeout?: number }): Promise<boolean>;
  /**
   * Waits until the worker has stopped, or for `timeout`; tells whether it has. Rejected with why it
   * stopped by itself: its queue was closed, or is broken beyond trying again.
   */
  wait(options?: { timeout?: number }): Promise<boolean>;
  /**
   * Starts, and works until SIGINT or SIGTERM; then stops within `stopTimeout`, 30,000 by default. A
   * second signal gives back at once what still runs. Rejected with why it stopped by itself.
   */
  run(options?: { stopTimeout?: number }): Promise<void>;
  /** Stops at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Where a {@link Worker} stands. */
export type WorkerState = "stopped" | "running" | "stopping";

/** Thrown by a handler: the try failed; the job comes again, and is dead if its tries are spent. */
export declare class Retry extends Error {
  /** `delay` is when the job comes again; by its backoff if it is left out. */
  constructor(error?: string, options?: { delay?: number });
  readonly delay: number | null;
}

/** Thrown by a handler: the job failed for good and is dead, whatever tries it had left. */
export declare class Discard extends Error {
  constructor(error?: string);
}

/** Thrown by a handler: the job goes back untried, to the front of its lane or after `delay`. */
export declare class Release extends Error {
  constructor(options?: { delay?: number });
  readonly delay: number;
}

/** Base of every error of fairlane. */
export declare class FairlaneError extends Error {
  constructor(message?: string, options?: ErrorOptions);
  /** The stable name, the same in every language. */
  readonly code: string;
  /** The stable number, the same in every language. */
  readonly number: number;
  /** Whether the same call may succeed later without any change to its arguments. */
  readonly retryable: boolean;
}

/** A value is outside what the verb accepts; nothing was changed. */
export declare class InvalidArgumentError extends FairlaneError {}
/** The token names a delivery that has lapsed or is finished; nothing was changed. */
export declare class StaleTokenError extends FairlaneError {}
/** The lane or the queue already holds `maxWaiting` jobs; nothing was changed. */
export declare class QueueFullError extends FairlaneError {}
/** The payload is longer than the queue's `maxPayload`; nothing was changed. */
export declare class PayloadTooLargeError extends FairlaneError {}
/** The queue was closed. */
export declare class ClosedError extends FairlaneError {}
/** The store stayed busy, or the job unfinished, for longer than the caller allows. */
export declare class TimeoutError extends FairlaneError {}
/** The connection to the store broke before the answer came. */
export declare class ConnectionLostError extends FairlaneError {}
/** The store cannot serve now: read-only, loading, full disk, failing disk. */
export declare class UnavailableError extends FairlaneError {}
/** The store's data is not what fairlane wrote. */
export declare class CorruptError extends FairlaneError {}
/** The store was written by a newer release. */
export declare class VersionMismatchError extends FairlaneError {}
/** This build or this store has no such feature. */
export declare class UnsupportedError extends FairlaneError {}
/** A defect in fairlane itself. */
export declare class InternalError extends FairlaneError {}
/** The job whose result was asked for is dead. */
export declare class JobFailedError extends FairlaneError {}

/** How a background processor works. */
export interface BackgroundProcessorOptions {
  /** The name of a queue that is given by its URL; "background" by default. */
  name?: string;
  /** How many calls run at once, 1 to 1,024; 1 by default. */
  concurrency?: number;
  /**
   * How long after this process died its keys come free at the latest, as far as their backoff has
   * passed; 30,000 by default. They are kept by a timer: a call that blocks the event loop for longer
   * loses its key.
   */
  lease?: number;
  /** How long to rest after each call; 0 by default. */
  pause?: number;
  /**
   * What `schedule` does while the store cannot serve: work without its knowledge (`true`, the default),
   * so that something may be done twice, or be rejected with its error (`false`).
   */
  failOpen?: boolean;
}

/** What happens in a background processor. */
export interface BackgroundProcessorEvents {
  /** The function is called. */
  started: [key: string];
  /** What it gave is fulfilled. */
  done: [key: string, took: number];
  /** It threw, or what it gave is rejected. */
  failed: [key: string, took: number, error: unknown];
  /** The processor was closed before the function was called. */
  dropped: [key: string];
  /** The key is no more held for its work: after a bump, or because the store was away. */
  lost: [key: string];
  /** The store could not serve. */
  trouble: [error: FairlaneError];
}

/**
 * Calls a function with what is scheduled: at most one piece of work a key, over all processes that use
 * the queue.
 *
 * The work stays in this process: its argument is any value, is never stored, and is gone with the
 * process. The queue keeps the keys alone, apart from the keys of jobs. What waits keeps the process
 * alive; a promise of the function does not by itself.
 */
export declare class BackgroundProcessor<T = unknown>
  extends EventEmitter<BackgroundProcessorEvents>
  implements AsyncDisposable
{
  /** `queue` is an open Queue, or the URL of one, which the processor then opens and closes. */
  constructor(
    queue: Queue | string,
    fn: (arg: T) => unknown,
    options?: BackgroundProcessorOptions,
  );
  /**
   * Has the function called with `arg`, unless work under `key` waits in this process, or the key is held
   * anywhere; tells whether it will be. The key is held while the work waits and runs, and until
   * `remoteBackoff` milliseconds from now have passed; 0 frees it with the end of the work. Rejected
   * with `InvalidArgument`, `Closed`, and the errors of the store.
   */
  schedule(key: string, remoteBackoff: number, arg: T): Promise<boolean>;
  /** Tells how many pieces of work wait in this process; what runs is not counted. */
  queueLength(): number;
  /**
   * Frees the keys of all processors on the queue, everywhere: what waits or runs goes on, and frees
   * nothing that was scheduled after this.
   */
  bumpRemoteDedupKey(): Promise<void>;
  /**
   * Takes no more work, and does what waits for up to `timeout`, 30,000 by default; what has not begun
   * then is dropped, as all that waits is without `drain`, and its keys come free at once. Tells whether
   * every call has ended. Closing again is harmless.
   */
  close(options?: { drain?: boolean; timeout?: number }): Promise<boolean>;
  /** Closes, and drains, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}
