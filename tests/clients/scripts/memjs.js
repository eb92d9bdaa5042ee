// memjs speaks only the binary protocol: it has to get an error soon. Prints the error.
"use strict";

const memjs = require("memjs");

const client = memjs.Client.create(`127.0.0.1:${process.argv[2]}`, {
  timeout: 2,
  conntimeout: 2,
  retries: 0,
  logger: { log() {} },
});

client
  .set("k", "v", { expires: 0 })
  .then((reply) => console.log(`stored: ${reply}`))
  .catch((error) => console.log(`refused: ${error}`))
  .finally(() => client.close());
