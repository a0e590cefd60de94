// The WebAssembly agent of the interop tests, on a server through an npm client: see README.md.
import { FairlaneError, Queue } from "../../../node/wasm/node.mjs";
import { CLIENTS } from "../../../node/wasm/tests/clients.mjs";
import { serve } from "./orders.mjs";

const [url, name] = process.argv.slice(2);
const { send, end } = await CLIENTS.ioredis(Number(new URL(url).port));
await serve(await Queue.open(send, name), FairlaneError);
end();
