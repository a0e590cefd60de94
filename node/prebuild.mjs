// Lays the package out as it is published: `node prebuild.mjs LIBRARIES FOLDER`.
//
// LIBRARIES holds a folder for each target that was built, named as Rust names it, with the library
// that cargo made for it. FOLDER gets a package for each of them, with the addon alone, which npm
// installs on that platform only, and the package `fairlane`, which names them as optional.
import { execSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const TARGETS = {
  "x86_64-unknown-linux-gnu": { name: "linux-x64-gnu", os: "linux", cpu: "x64", libc: "glibc" },
  "aarch64-unknown-linux-gnu": { name: "linux-arm64-gnu", os: "linux", cpu: "arm64", libc: "glibc" },
  "x86_64-unknown-linux-musl": { name: "linux-x64-musl", os: "linux", cpu: "x64", libc: "musl" },
  "aarch64-unknown-linux-musl": { name: "linux-arm64-musl", os: "linux", cpu: "arm64", libc: "musl" },
  "x86_64-apple-darwin": { name: "darwin-x64", os: "darwin", cpu: "x64" },
  "aarch64-apple-darwin": { name: "darwin-arm64", os: "darwin", cpu: "arm64" },
  "x86_64-pc-windows-msvc": { name: "win32-x64-msvc", os: "win32", cpu: "x64" },
};
const LIBRARY = /^(lib)?fairlane_node\.(so|dylib|dll)$/;

const [libraries, folder] = process.argv.slice(2);
const source = fileURLToPath(new URL(".", import.meta.url));
const main = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
delete main.devDependencies;
delete main.scripts;
main.optionalDependencies = {};
main.files.push("LICENSE-*");

function write(path, description) {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
  for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
    cpSync(join(source, "..", licence), join(path, licence));
  }
}

for (const target of readdirSync(libraries)) {
  const { name, os, cpu, libc } = TARGETS[target];
  const library = readdirSync(join(libraries, target)).find((file) => LIBRARY.test(file));
  const path = join(folder, `fairlane-${name}`);
  write(path, {
    name: `fairlane-${name}`,
    version: main.version,
    description: `The addon of fairlane for ${target}`,
    license: main.license,
    repository: main.repository,
    engines: main.engines,
    main: "fairlane.node",
    files: ["fairlane.node", "LICENSE-*"],
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
  });
  cpSync(join(libraries, target, library), join(path, "fairlane.node"));
  main.optionalDependencies[`fairlane-${name}`] = main.version;
}
const [{ files }] = JSON.parse(execSync("npm pack --dry-run --json", { cwd: source, encoding: "utf8" }));
for (const { path } of files) cpSync(join(source, path), join(folder, "fairlane", path));
write(join(folder, "fairlane"), main);
