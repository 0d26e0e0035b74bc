// Runs before every script that executes TypeScript sources, on whatever Node the machine has.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `kubectl-syndicate needs Node >= 22.19, this is ${process.versions.node}.\n` +
      'Run "npm ci" (it installs a pinned Node for the npm scripts) and start through "npm run".\n',
  );
  process.exit(1);
}
