// What the run's profile allows of what is counted on this side (spec/limits.md 2). Set in each
// isolate by entry.init; Infinity is no limit.

export type GuestLimits = Parameters<Entry["init"]>[0]["limits"];

export const limits: GuestLimits = {
  timers: Infinity, redirects: Infinity, blobBytes: Infinity, attachmentBytes: Infinity,
  bufferedBytes: Infinity,
};

// 0 is no limit there.
export function setLimits(given: GuestLimits): void {
  limits.timers = given.timers || Infinity;
  limits.redirects = given.redirects || Infinity;
  limits.blobBytes = given.blobBytes || Infinity;
  limits.attachmentBytes = given.attachmentBytes || Infinity;
  limits.bufferedBytes = given.bufferedBytes || Infinity;
}
