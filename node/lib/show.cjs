"use strict";

const { inspect } = require("node:util");

/** Has JSON and console.log show what the getters of a class give: they look at own properties alone. */
function show(Class) {
  const found = Object.entries(Object.getOwnPropertyDescriptors(Class.prototype));
  const getters = found.filter(([, { get }]) => get !== undefined).map(([name]) => name);
  const all = (one) => Object.fromEntries(getters.map((name) => [name, one[name]]));
  function toJSON() {
    return all(this);
  }
  function inspected(depth, options, inspect) {
    return `${Class.name} ${inspect(all(this), options)}`;
  }
  for (const [name, value] of [["toJSON", toJSON], [inspect.custom, inspected]]) {
    Object.defineProperty(Class.prototype, name, { value, configurable: true, writable: true });
  }
}

module.exports = { show };
