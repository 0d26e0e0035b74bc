import { test } from "node:test";
import { renderStop } from "../../../plugin/render/migration.ts";
import { assertGolden } from "../golden.ts";

test("how a move stops", () => {
  const stop = {
    headline: "Stopped in step 5 of 6.",
    waits: [{ cluster: "east", message: "keeps serving: west has 2 of 3 ready endpoints" }],
    goOn: "kubectl syndicate migrate web -n shop --from east --to west --strategy union",
    goBack: "kubectl --context east annotate service web -n shop vmware.com/syndicate-mode=source --overwrite",
  };
  assertGolden("migrate-stop.txt", `${renderStop(stop).join("\n")}\n`);
});
