import { readFileSync } from "node:fs";
import { createClient } from "../../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import { startReflector } from "../../../shared/kube/reflector.ts";
import { endpointSlices, services } from "../../../shared/kube/resources.ts";
import { Store } from "../../../shared/kube/store.ts";

// Reflects Services and slices of the cluster in a kubeconfig and prints what it sees, one JSON line each.

const [file = ""] = process.argv.slice(2);
const client = createClient(parsePlainKubeconfig(readFileSync(file, "utf8"), file), { cluster: "peer" });

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

for (const [kind, path] of Object.entries({ service: services.all, slice: endpointSlices.all })) {
  startReflector({
    client,
    path,
    store: new Store(),
    onChange: ({ type, object }) => print({ kind, saw: `${type} ${object.metadata.name}` }),
    onState: (state, error) => print({ kind, state, error: error === undefined ? undefined : String(error) }),
  });
}
