/** Version of this release, the same in all three programs and in package.json (a test compares them). */
export const VERSION = "0.1.0";
