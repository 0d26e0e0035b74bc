/** The plugin's manifest for krew: one archive for each platform, with the executable and its licences. */
import { stringify } from "yaml";

/** An archive that can be downloaded. */
export interface Archive {
  /** As Go names them: `linux`, `darwin`, `windows`. */
  os: string;
  /** `amd64`, `arm64`. */
  arch: string;
  uri: string;
  /** Of the archive, 64 small hex digits. */
  sha256: string;
}

export interface Release {
  /** Without a leading "v". */
  version: string;
  homepage: string;
  archives: readonly Archive[];
}

/** The manifest as krew reads it. */
export function krewManifest({ version, homepage, archives }: Release): object {
  return {
    apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
    kind: "Plugin",
    metadata: { name: "syndicate" },
    spec: {
      version: `v${version}`,
      homepage,
      shortDescription: "Move Services between clusters",
      description: [
        "Shows which cluster serves which Service, and moves a Service from one",
        "cluster to another without losing a request.",
        "",
      ].join("\n"),
      caveats: [
        "The clusters need the sync process and the webhook: kubectl syndicate install",
        "Tab completion: kubectl syndicate completion install",
        "",
      ].join("\n"),
      platforms: archives.map(({ os, arch, uri, sha256 }) => ({
        selector: { matchLabels: { os, arch } },
        uri,
        sha256,
        bin: os === "windows" ? "kubectl-syndicate.exe" : "kubectl-syndicate",
      })),
    },
  };
}

/** The manifest's text. */
export function renderKrewManifest(release: Release): string {
  return stringify(krewManifest(release));
}
