import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: ["offing/vitest-global"],
    provide: {
      offing: { config: process.env.GUEST_CONFIG ?? "./wrangler.jsonc", locations: ["LHR", "SIN"] },
    },
  },
});
