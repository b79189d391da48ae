// The daemon `offing dev` as a test sees it: start it, make requests in any location, move the clock,
// look into its stores, go back to an earlier state.
export { connect, serve, start } from "./lib/start.js";
export { OffingError } from "./lib/error.js";
export { failureReport } from "./lib/failure.js";
export { evictDurableObject, listDurableObjectIds, runDurableObjectAlarm } from "./lib/objects.js";
