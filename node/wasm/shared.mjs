// What does not depend on the build of the module.

export { httpGateway, ioredis, nodeRedis } from "./adapters.mjs";
export { Dethrottler } from "./dethrottler.mjs";
export {
  ClosedError,
  ConnectionLostError,
  CorruptError,
  FairlaneError,
  InternalError,
  JobFailedError,
  InvalidArgumentError,
  PayloadTooLargeError,
  QueueFullError,
  StaleTokenError,
  TimeoutError,
  UnavailableError,
  UnsupportedError,
  VersionMismatchError,
} from "./errors.mjs";
export {
  Counts,
  Job,
  JobInfo,
  LaneInfo,
  Limits,
  Pushed,
  Repaired,
  ScheduleInfo,
  Stats,
  Swept,
} from "./nouns.mjs";
