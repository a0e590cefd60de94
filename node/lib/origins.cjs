"use strict";

/** The names of the queues from which jobs came, of those alone that are not their worker's first. */
const origins = new WeakMap();

module.exports = { origins };
