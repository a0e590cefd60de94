// Serves the package's files to a browser.

import { once } from "node:events";
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

export async function startSite() {
  const site = createServer(({ url }, response) => {
    const path = ROOT + normalize(new URL(url, "http://localhost").pathname);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain" });
    createReadStream(path).pipe(response);
  }).listen(0, "localhost");
  await once(site, "listening");
  return {
    url: `http://localhost:${site.address().port}/tests/browser/page.html`,
    stop: () => {
      site.closeAllConnections();
      site.close();
    },
  };
}
