/** Stands in for the sync process's advice: serves the JSON of a file, read anew for each question. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [port, file = ""] = process.argv.slice(2);
createServer((_request, response) => response.end(readFileSync(file))).listen(Number(port), "127.0.0.1");
