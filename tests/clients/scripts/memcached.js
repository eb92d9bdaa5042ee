// node's `memcached`: what a cache client must see. Prints "ok"; any assertion that fails ends it with code 1.
"use strict";

const assert = require("node:assert/strict");
const Memcached = require("memcached");

const client = new Memcached(`127.0.0.1:${process.argv[2]}`, { timeout: 10000 });

// The library answers by callback, and binds what it has to say of a command to `this`.
const call = (verb, ...operands) =>
  new Promise((resolve, reject) =>
    client[verb](...operands, (error, reply) => (error ? reject(error) : resolve(reply))),
  );
const fails = (promise, pattern) => assert.rejects(promise, (error) => pattern.test(String(error)));

async function main() {
  // Values, misses, types.
  assert.equal(await call("get", "k"), undefined);
  assert.equal(await call("set", "k", "first", 0), true);
  assert.equal(await call("get", "k"), "first");
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await call("set", "bytes", bytes, 0);
  assert.deepEqual(await call("get", "bytes"), bytes);
  await call("set", "object", { a: [1, "ä"] }, 100);
  assert.deepEqual(await call("get", "object"), { a: [1, "ä"] });

  // Many at a time: written without waiting, read with one multi-get.
  const numbers = Array.from({ length: 200 }, (_, number) => number);
  await Promise.all(numbers.map((number) => call("set", `many:${number}`, String(number), 0)));
  const found = await call("getMulti", [...numbers.map((number) => `many:${number}`), "nothing"]);
  assert.deepEqual(found, Object.fromEntries(numbers.map((number) => [`many:${number}`, String(number)])));

  // Conditions.
  await fails(call("add", "k", "never", 0), /not stored/i);
  assert.equal(await call("replace", "k", "middle", 0), true);
  await call("append", "k", "-after");
  await call("prepend", "k", "before-");
  assert.equal(await call("get", "k"), "before-middle-after");
  const { cas, k } = await call("gets", "k");
  assert.equal(k, "before-middle-after");
  assert.equal(await call("cas", "k", "swapped", cas, 0), true);
  assert.equal(await call("cas", "k", "too late", cas, 0), false);
  assert.equal(await call("touch", "k", 100), true);
  assert.equal(await call("del", "k"), true);
  assert.equal(await call("del", "k"), false);

  // Counters.
  await call("set", "n", 5, 0);
  assert.equal(await call("incr", "n", 10), 15);
  assert.equal(await call("decr", "n", 6), 9);
  assert.equal(await call("incr", "nothing", 1), false);

  // Values near the limit and above it. The library itself refuses these: after a SERVER_ERROR to one key it would
  // not use the server for any, for 30 seconds.
  const large = "x".repeat(1000 * 1000);
  await call("set", "large", large, 0);
  assert.equal(await call("get", "large"), large);
  await fails(call("set", "large", "x".repeat(2 * 1024 * 1024), 0), /length of the value/);
  assert.equal(await call("set", "after", "it", 0), true);

  // The server itself.
  const [stats] = await call("stats");
  assert.equal(String(stats.version), "1.6.18");
  assert.ok(Number(stats.pid) > 1);
  const [settings] = await call("settings");
  assert.equal(Number(settings.item_size_max), 1024 * 1024);
  const [version] = await call("version");
  assert.equal(version.version, "1.6.18"); // it looks for three numbers at the end of the line, and dies without
  await call("flush");
  assert.equal(await call("get", "after"), undefined);
  console.log("ok");
}

main().then(
  () => client.end(),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
