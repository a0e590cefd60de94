// The Node agent of the interop tests: see README.md.
import { FairlaneError, Queue } from "../../../node/index.mjs";
import { serve } from "./orders.mjs";

const [url, name] = process.argv.slice(2);
await serve(await Queue.open(url, name), FairlaneError);
