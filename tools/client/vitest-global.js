// For `globalSetup` in vitest.config.mjs: one daemon for all test files, with the options of
// `provide: { offing: {…} }`. What it said is printed at the end if a test file failed.
import { serve } from "./lib/start.js";

export default async function setup(project) {
  const options = project.getProvidedContext().offing ?? {};
  const daemon = await serve(options);
  const { seed, log, timeout, grace, ...rest } = options;
  project.provide("offingDaemon", { url: daemon.url, fork: daemon.fork, options: JSON.stringify(rest) });
  return async () => {
    await daemon.stop();
    const failed = project.vitest?.state?.getFailedFilepaths?.().length > 0;
    const said = daemon.stderr.trim();
    if (failed && said !== "" && !options.log) console.error(`offing said:\n${said.slice(-8000)}`);
  };
}
