/** The part of postject we use; the package ships no types. */
declare module "postject" {
  /** Puts `data` into the executable `file` as the resource `name`, and flips the mark that tells of it. */
  export function inject(
    file: string,
    name: string,
    data: Buffer,
    options: { sentinelFuse: string; machoSegmentName?: string },
  ): Promise<void>;
}
