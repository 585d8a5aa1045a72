// SPDX-License-Identifier: MIT
// index.js - rec-serve as a Lambda Web Function: the managed runtime of Node.js
// starts this file, and rec-serve answers at AWS_LAMBDA_HTTP_ENDPOINT. Beside
// it lie a static rec-serve ('make static-serve'), model.rec, and train.rec
// where there are histories.
//
// Not tried on AWS: whether the runtime takes a port that a child has is open.
"use strict";
const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const at = (name) => join(__dirname, name);
const options = ["--no-watch", "-m", at("model.rec")];
if (existsSync(at("train.rec"))) options.push("--interactions", at("train.rec"));
const child = spawn(at("rec-serve"), options, { stdio: "inherit" });
child.on("error", (e) => {
  console.error(`index: ${e.message}`);
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));
for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => child.kill(name));
