// What went wrong, with a word for programs: the daemon's own (`no_such_world`, `real_clock`, …), or one of
// the client's: `no_command`, `not_started`, `ended`, `unreachable`, `bad_option`, `closed`.
export class OffingError extends Error {
  constructor(code, message, { status, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "OffingError";
    this.code = code;
    if (status !== undefined) this.status = status;
  }
}
