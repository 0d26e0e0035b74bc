/** Asks for metrics where they are told. Arguments: URL, file for the answer as JSON. */
import { writeFileSync } from "node:fs";
import { readMetrics } from "./metrics.ts";

const [url = "", file = ""] = process.argv.slice(2);
writeFileSync(file, JSON.stringify(await readMetrics(url)));
