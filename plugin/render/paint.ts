/** Colour and signs: decided once per stream, never the only bearer of a meaning. */
import { createColors } from "picocolors";
import type { Io, Output } from "../io.ts";

export interface Paint {
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
  signs: Signs;
}

interface Signs {
  ok: string;
  warn: string;
  fail: string;
  /** Tree: a branch with more below, the last one, and the line past a branch. */
  branch: string;
  last: string;
  pipe: string;
  arrow: string;
  /** Something was left out. */
  ellipsis: string;
}

/** The sign of a check, padded so that what follows is aligned. */
export function signOf(state: "ok" | "warn" | "fail", paint: Paint): string {
  const { ok, warn, fail } = paint.signs;
  const width = Math.max(ok.length, warn.length, fail.length);
  const colours = { ok: paint.good, warn: paint.warn, fail: paint.bad };
  return colours[state](paint.signs[state].padEnd(width));
}

const UNICODE: Signs = {
  ok: "✔",
  warn: "!",
  fail: "✖",
  branch: "├─ ",
  last: "└─ ",
  pipe: "│  ",
  arrow: "→",
  ellipsis: "…",
};
const ASCII: Signs = {
  ok: "ok",
  warn: "warn",
  fail: "FAIL",
  branch: "|- ",
  last: "`- ",
  pipe: "|  ",
  arrow: "->",
  ellipsis: "...",
};

/** The paint for one stream. `color` is the value of `--color`. */
export function choosePaint(io: Pick<Io, "env">, output: Pick<Output, "isTTY">, color: string): Paint {
  const colors = createColors(wantsColor(io.env, output, color));
  const locale = io.env["LC_ALL"] || io.env["LC_CTYPE"] || io.env["LANG"] || "";
  return {
    good: colors.green,
    warn: colors.yellow,
    bad: colors.red,
    dim: colors.dim,
    bold: colors.bold,
    signs: /utf-?8/i.test(locale) ? UNICODE : ASCII,
  };
}

/** The flag, then NO_COLOR, then FORCE_COLOR, then a dumb terminal, then whether it is a terminal at all. */
function wantsColor(env: Io["env"], output: Pick<Output, "isTTY">, color: string): boolean {
  if (color !== "auto") return color === "always";
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"] || env["CLICOLOR_FORCE"];
  if (forced) return forced !== "0";
  return env["TERM"] !== "dumb" && output.isTTY;
}
