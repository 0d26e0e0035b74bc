import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { isOurKey } from "../shared/keys.ts";
import { URGENCY } from "../shared/protocol/condition.ts";
import type { HoldReason } from "../shared/protocol/write.ts";
import { renderTransitions } from "../shared/transitions.ts";
import { readConfig as readSyncConfig } from "../sync/config.ts";
import { readConfig as readWebhookConfig } from "../webhook/config.ts";
import { assertMade, PAGES, ROOT, read, readRows } from "./pages.ts";

// README and docs/ say what the code does: tables that repeat it, links, commands. UPDATE_DOCS=1 rewrites made tables.

function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}

test("the README has the two commands", () => {
  for (const line of ["npm ci && npm run demo", "npm ci && npm test"]) {
    assert.ok(read("README.md").split("\n").includes(line), line);
  }
});

test("the table of transitions is the code's", () => {
  assertMade("README.md", "transitions", renderTransitions());
});

/** One row per key of ours, from the comment above it: who writes it, what it is, what it means. */
function renderKeys(): string {
  const found = [...read("shared/keys.ts").matchAll(/^\/\*\* (.+?) \*\/\nexport const \w+ = "([^"]+)";$/gm)];
  const rows = found
    .filter(([, , key]) => key !== undefined && isOurKey(key))
    .map(([, comment, key]) => {
      const [, who, what, meaning] = /^(.+?), (.+?): (.+)$/.exec(comment ?? "") ?? [];
      assert.ok(who && what && meaning, `the comment of ${key} is not "who, what: meaning"`);
      return `| \`${key}\` | ${what} | ${who.toLowerCase()} | ${meaning.charAt(0).toUpperCase()}${meaning.slice(1)} |`;
    });
  return ["| Key | What | Written by | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

test("the table of keys is the code's, and lists every one", async () => {
  assertMade("docs/protocol.md", "keys", renderKeys());
  const exported = Object.values(await import("../shared/keys.ts")).filter((value) => typeof value === "string");
  const rows = readRows("docs/protocol.md", "keys").map(([key]) => key ?? "");
  assert.deepEqual(sorted(rows), sorted(exported.filter(isOurKey)));
});

test("every key of ours that a page names exists", async () => {
  const known = new Set<unknown>(Object.values(await import("../shared/keys.ts")));
  for (const page of PAGES) {
    const named = [...read(page).matchAll(/vmware\.com\/[Ss]yndicate[\w-]*/g)].map(([key]) => key);
    assert.deepEqual(
      named.filter((key) => !known.has(key)),
      [],
      page,
    );
  }
});

/** The compiler asks for every member of the union here. */
const HOLD_REASONS: Readonly<Record<HoldReason, true>> = {
  NoSelector: true,
  PortConflict: true,
  Contended: true,
  TooManyDeletions: true,
  HostnameConflict: true,
  Orphaned: true,
  Conflict: true,
  Quarantined: true,
  AddressRefused: true,
  PeerUnreachable: true,
  NamespaceMissing: true,
  Holding: true,
};

test("the table of reasons lists every reason, the most urgent first", () => {
  const reasons = readRows("docs/conditions.md", "reasons").map(([reason]) => reason);
  assert.deepEqual(reasons, [...URGENCY]);
  assert.deepEqual(sorted(URGENCY), sorted(Object.keys(HOLD_REASONS)));
});

/** Text of every source file below a folder. */
function readSources(folder: string): string {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => read(join(folder, file)))
    .join("\n");
}

test("the table of Events lists every Event of the protocol", () => {
  const emitted = [...readSources("shared/protocol").matchAll(/\bevent: "(\w+)"/g)].map(([, event]) => event ?? "");
  assert.ok(emitted.length > 5);
  assert.deepEqual(sorted(readRows("docs/conditions.md", "events").map(([event]) => event ?? "")), sorted(emitted));
});

test("messages quoted as holds are in the code", () => {
  const code = readSources("shared/protocol");
  const lines = read("docs/conditions.md").split("\n");
  const quoted = lines.flatMap((line) => /^\| `((?:\w+|…) [^`]+)` \|/.exec(line)?.[1] ?? []);
  assert.ok(quoted.length >= 8);
  for (const message of quoted) {
    const part = message.replaceAll("…", "").trim();
    assert.ok(code.includes(part), `no message of the code has "${part}"`);
  }
});

interface Program {
  /** Column of the settings table. */
  column: number;
  source: string;
  flags: string[];
  variables: string[];
  /** Default by variable or flag, as the table shows it. */
  defaults: Record<string, string>;
}

function readFlags(source: string): string[] {
  return [...source.matchAll(/^ {2}"?([a-z-]+)"?: \{ type: "\w+"/gm)].map(([, flag]) => `--${flag}`);
}

function describeSync(): Program {
  const source = read("sync/config.ts");
  const { peersDir, exclude, settings, logLevel, advicePort, port, namespace, certDir, peerLimits, ...config } =
    readSyncConfig([], {
      CLUSTER_NAME: "east",
    });
  const list = (values: readonly string[], empty: string) => (values.length ? values.join(",") : empty);
  return {
    column: 2,
    source,
    flags: readFlags(source),
    variables: [...source.matchAll(/env\["(\w+)"\]/g)].map(([, name]) => name ?? ""),
    defaults: {
      PEERS_DIR: peersDir,
      NSTOWATCH: list(config.watch, "all"),
      EXCLUDE: list(
        exclude.filter((name) => name !== namespace),
        "none",
      ),
      UNION_SELECTOR: settings.unionSelector,
      MAX_DELETIONS: String(config.maxDeletions),
      ENDPOINTS: settings.endpoints,
      POD_CIDRS: list(config.podCIDRs, "none"),
      PEER_MAX_OBJECTS: String(peerLimits.objects),
      PEER_MAX_MEGABYTES: String(peerLimits.bytes / 1024 ** 2),
      PEER_MAX_ENDPOINTS: String(peerLimits.endpoints),
      LOG_LEVEL: logLevel,
      SYNC_PORT: String(advicePort),
      POD_NAMESPACE: namespace,
      "--port": String(port),
      "--cert-dir": certDir ?? "none",
      "--create-namespaces": config.createNamespaces ? "on" : "off",
      "--webhook-host": list(config.webhookHosts, "none"),
      "--kubeconfig": config.kubeconfig ?? "none",
    },
  };
}

function describeWebhook(): Program {
  const source = read("webhook/config.ts");
  const flags = readFlags(source);
  const result = readWebhookConfig([], { CLUSTER_NAME: "east" });
  assert.ok(result.ok);
  const byName = new Map<string, unknown>(Object.entries(result.config));
  const camel = (flag: string) => flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const variable = (flag: string) => flag.slice(2).replaceAll("-", "_").toUpperCase();
  const optional = flags.filter((flag) => flag !== "--cluster-name");
  return {
    column: 3,
    source,
    flags,
    variables: flags.map(variable),
    defaults: Object.fromEntries(optional.map((flag) => [variable(flag), String(byName.get(camel(flag)))])),
  };
}

for (const [name, program] of Object.entries({ sync: describeSync(), webhook: describeWebhook() })) {
  test(`the table of settings lists what ${name} reads, with its defaults`, () => {
    const other = name === "sync" ? "(webhook)" : "(sync)";
    const rows = readRows("README.md", "settings").filter((row) => row[program.column] !== "–");
    const listed = (cell: number) =>
      rows.flatMap((row) =>
        (row[cell] ?? "").split(", ").flatMap((word) => (word.includes(other) ? [] : (word.split(" ")[0] ?? []))),
      );
    assert.deepEqual(sorted(listed(0).filter(Boolean)), sorted(program.variables));
    assert.deepEqual(sorted(listed(1).filter(Boolean)), sorted(program.flags));
    for (const [setting, value] of Object.entries(program.defaults)) {
      const row = rows.find((cells) => cells.slice(0, 2).some((cell) => cell.split(/[ ,]+/).includes(setting)));
      assert.equal(row?.[program.column], value, setting);
    }
    assert.equal(rows.find(([variable]) => variable === "CLUSTER_NAME")?.[program.column], "required");
  });
}

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

test("every relative link leads somewhere", () => {
  for (const page of PAGES) {
    for (const [, target = ""] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path, anchor] = target.split("#");
      const file = relative(ROOT, path ? join(ROOT, dirname(page), path) : join(ROOT, page));
      assert.ok(existsSync(join(ROOT, file)), `${page} links to ${target}`);
      if (anchor === undefined) continue;
      const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));
      assert.ok(headings.includes(anchor), `${page} links to ${target}, which ${file} has not`);
    }
  }
});

test("every npm script a page names exists", () => {
  const { scripts } = JSON.parse(read("package.json"));
  for (const page of PAGES) {
    for (const [, name = ""] of read(page).matchAll(/npm run (?:-s )?([\w:-]+)/g)) {
      assert.ok(Object.hasOwn(scripts, name), `${page}: npm run ${name}`);
    }
  }
});

test("every file of ours that a page names in code marks exists", () => {
  for (const page of PAGES) {
    for (const [, path = ""] of read(page).matchAll(
      /`((?:plugin|webhook|sync|shared|manifests|test|docs)\/[\w./-]*)`/g,
    )) {
      assert.ok(existsSync(join(ROOT, path)), `${page} names ${path}`);
    }
  }
});

test("the layout table lists every folder of the repository", () => {
  const rows = readRows("README.md", "layout").map(([folder]) => folder?.replace("/", "") ?? "");
  const ignored = new Set(["node_modules", "dist"]);
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !ignored.has(entry.name))
    .map(({ name }) => name);
  assert.deepEqual(sorted(rows), sorted(folders));
});
