// The package in a browser: in a page, and in a dedicated worker, which has files.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { launch } from "puppeteer-core";

import { startSite } from "./browser/site.mjs";

/** Where systems put Chromium or its kin. */
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** How long it may take to start and to load: a busy machine has other work. */
const PATIENCE = 120_000;

describe("Chromium", () => {
  let site;
  let browser;
  let page;
  const load = async () => {
    await page.goto(site.url);
    await page.waitForFunction(() => window.inWorker);
  };
  /** Runs a function, which sees nothing of this file, in the page's worker. */
  const inWorker = (act) => page.evaluate((text) => window.inWorker(text), act.toString());

  before(async () => {
    site = await startSite();
    browser = await launch({
      executablePath: BROWSERS.find((path) => existsSync(path)),
      // Containers have no namespaces to spare for the browser's sandbox, and /dev/shm is small.
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
      timeout: PATIENCE,
    });
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await load();
  });
  after(async () => {
    site?.stop();
    await browser?.close();
  });

  test("a page has queues in memory", async () => {
    const payload = await page.evaluate(async () => {
      const queue = await window.fairlane.Queue.open("memory:", "mail");
      const waiting = queue.pop({ wait: 10_000 });
      await queue.push({ to: "ada" }, "tenant-7");
      const job = await waiting;
      await queue.markComplete(job);
      return job.json();
    });
    assert.deepEqual(payload, { to: "ada" });
  });

  test("jobs in a file are there after the page was loaded again", async () => {
    const id = await inWorker(async ({ Queue }) => {
      const queue = await Queue.open("jobs.db", "mail");
      await queue.push("in flight");
      await queue.pop();
      await queue.push(new Uint8Array([0, 255]), "tenant-7", { priority: 5 });
      return queue.push("later", undefined, { delay: 3_600_000 });
    });
    await load();
    const found = await inWorker(async ({ Queue }) => {
      const queue = await Queue.open("jobs.db", "mail");
      const jobs = await queue.popMany(10);
      await queue.markCompleteMany(jobs);
      const { counts, completed } = await queue.stats();
      return {
        jobs: jobs.map(({ lane, payload, tries, lapses }) => [lane, [...payload], tries, lapses]),
        delayed: (await queue.get("3")).state,
        counts: { ...counts },
        completed,
      };
    });
    assert.equal(id, "3");
    const inFlight = [...new TextEncoder().encode('"in flight"')];
    assert.deepEqual(found, {
      // The worker of the first page has ended, and its jobs are given back at once.
      jobs: [
        ["tenant-7", [0, 255], 1, 0],
        ["default", inFlight, 2, 1],
      ],
      delayed: "delayed",
      counts: { ready: 0, delayed: 1, blocked: 0, inFlight: 0 },
      completed: 2,
    });
  });

  test("handles on one file share it", async () => {
    const told = await inWorker(async ({ Queue }) => {
      const [one, other] = [await Queue.open("shared.db", "mail"), await Queue.open("shared.db", "mail")];
      const told = [];
      for (let n = 0; n < 3; n++) {
        const waiting = one.pop({ wait: 10_000 });
        const id = await other.push("rung");
        const job = await waiting;
        const result = other.result(id, { wait: 60_000 });
        await one.markComplete(job, { result: job.json() });
        const began = performance.now();
        const text = new TextDecoder().decode(await result);
        told.push({ text, took: performance.now() - began });
      }
      return told;
    });
    assert.deepEqual(told.map(({ text }) => text), Array(3).fill('"rung"'));
    // By its own look it would learn of that after seconds, each time; a pause of the machine is rare.
    assert.ok(told.some(({ took }) => took < 2_000), JSON.stringify(told));
  });

  test("files are refused outside a dedicated worker, by what is accepted", async () => {
    const refused = await page.evaluate(() =>
      window.fairlane.Queue.open("jobs.db", "mail").catch(({ code, message }) => ({ code, message })),
    );
    assert.equal(refused.code, "Unsupported");
    assert.match(refused.message, /dedicated worker/);
  });

  test("a file that is not there is not made where none is wanted", async () => {
    const refused = await inWorker(({ Queue }) =>
      Queue.open("no-such-file.db", "mail", { create: false }).catch(({ code, message }) => [code, message]),
    );
    const message = 'file "no-such-file.db" does not exist: a push makes it';
    assert.deepEqual(refused, ["Unavailable", message]);
  });
});
