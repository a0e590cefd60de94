"use strict";

// Finds the addon: beside the package where it was built, else in the package of this platform.

const { existsSync } = require("node:fs");
const { join } = require("node:path");

/** Names the packages with addons for this platform: npm has installed at most one of them. */
function packages() {
  const { platform, arch } = process;
  const name = `fairlane-${platform}-${arch}`;
  if (platform === "linux") return [`${name}-gnu`, `${name}-musl`];
  return [platform === "win32" ? `${name}-msvc` : name];
}

function load() {
  const built = join(__dirname, "..", "fairlane.node");
  if (existsSync(built)) return require(built);
  const errors = [];
  for (const name of packages()) {
    try {
      return require(name);
    } catch (error) {
      errors.push(error);
    }
  }
  const message = `no addon of fairlane for this platform: install one of ${packages().join(", ")}`;
  throw new AggregateError(errors, message);
}

module.exports = load();
