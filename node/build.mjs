// Builds the addon for this machine and puts it beside the package: `npm run build [-- --release]`.
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const options = ["--package", "fairlane-node", "--message-format", "json-render-diagnostics"];
const { status, stdout: messages } = spawnSync("cargo", ["build", ...options, ...process.argv.slice(2)], {
  cwd: new URL("..", import.meta.url),
  encoding: "utf8",
  maxBuffer: Infinity,
  stdio: ["ignore", "pipe", "inherit"],
});
if (status !== 0) process.exit(1);
const artifact = messages
  .split("\n")
  .filter((line) => line.startsWith("{"))
  .map((line) => JSON.parse(line))
  .find(({ reason, target }) => reason === "compiler-artifact" && target.name === "fairlane_node");
const library = artifact.filenames.find((name) => /\.(so|dylib|dll)$/.test(name));
copyFileSync(library, fileURLToPath(new URL("fairlane.node", import.meta.url)));
