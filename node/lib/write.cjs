"use strict";

// How the arguments of verbs are written.

const check = require("./check.cjs");
const { Job, writeToken } = require("./job.cjs");

const DEFAULT_MAX_PAYLOAD = 16 << 20;

/** Writes the token of a delivery: given as such, or as the job. */
function writeDelivery(writer, value) {
  if (value instanceof Job) {
    writeToken(writer, value);
  } else if (typeof value === "string") {
    writer.number(NaN);
    writer.text(check.text("token", value));
  } else {
    throw check.refusal("delivery", value, "a Job or its token");
  }
}

/** Gives the URL of a store: given as such, or as a URL object of a file. */
function opening(url, name, given) {
  const texts = [
    check.text("url", url),
    check.text("name", name),
    check.text("durability", given.durability ?? "full"),
  ];
  const truths = [
    check.truth("create", given.create ?? true),
    check.truth("keepLeases", given.keepLeases ?? false),
  ];
  const numbers = [
    check.integer("maxPayload", given.maxPayload ?? DEFAULT_MAX_PAYLOAD),
    check.integer("maxFailed", given.maxFailed ?? 10_000),
    check.time("busyTimeout", given.busyTimeout ?? 10_000),
  ];
  return (writer) => {
    texts.forEach((value) => writer.text(value));
    truths.forEach((value) => writer.truth(value));
    numbers.forEach((value) => writer.number(value));
  };
}

module.exports = {
  opening,
  nothing: () => undefined,
  text: (what, value) => (writer) => writer.text(check.text(what, value)),
  lane: (value) => (writer) => writer.maybeText(check.maybe(check.text, "lane", value)),
  token: (value) => (writer) => writeDelivery(writer, value),
  tokens: (values) => (writer) => {
    const many = check.many("tokens", values);
    writer.number(many.length);
    for (const value of many) writeDelivery(writer, value);
  },
  filter: (given) => (writer) => {
    check.oneOf("ids", "lane", given);
    writer.maybeText(check.maybe(check.text, "lane", given.lane));
    const ids = check.maybe(check.many, "ids", given.ids);
    writer.truth(ids !== null);
    if (ids === null) return;
    writer.number(ids.length);
    for (const id of ids) writer.text(check.text("id", id));
  },
};
