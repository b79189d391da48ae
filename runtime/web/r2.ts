// An R2 bucket as a guest sees it (spec/r2.md 1). What the runtime itself refuses is refused here,
// as a rejection; limits, locks, conditions and the service's errors are behind native.r2….

import { badArgument, exposeClass } from "./errors";
import { illegalInvocation, requireRequest } from "./io";
import { makeUpload, type R2MultipartUpload } from "./r2_multipart";
import { type HeadResult, withBody } from "./r2_object";
import {
  encodeGetOptions, encodeWriteOptions, includedFields, readGetOptions, readListOptions,
  readMultipartOptions, readPutOptions,
} from "./r2_options";
import { cancelValue, isValue, orFailure, takeValue, VALUE_TYPE } from "./r2_value";

const then = Promise.prototype.then;
const rejected = Promise.reject.bind(Promise) as (error: unknown) => Promise<never>;

export let isR2Bucket: (value: unknown) => value is R2Bucket;

export class R2Bucket {
  #bucket: number;

  constructor(bucket?: unknown) {
    if (typeof bucket !== "number") throw new TypeError("Illegal constructor");
    this.#bucket = bucket;
  }

  // `any`: what comes back depends on the options, and the official types say so by overloads.
  head(key: unknown): Promise<any> {
    if (!isR2Bucket(this)) throw illegalInvocation();
    try {
      if (arguments.length === 0) throw badArgument("head", "R2Bucket", 1, "string");
      const name = `${key as string}`;
      return native.r2Head(requireRequest("R2 head()").request, this.#bucket, name);
    } catch (error) {
      return rejected(error);
    }
  }

  get(key: unknown, options?: unknown): Promise<any> {
    if (!isR2Bucket(this)) throw illegalInvocation();
    try {
      if (arguments.length === 0) throw badArgument("get", "R2Bucket", 1, "string");
      const name = `${key as string}`, given = readGetOptions(options);
      const io = requireRequest("R2 get()");
      const work = native.r2Get(io.request, this.#bucket, name,
                                given === undefined ? undefined : encodeGetOptions(given));
      return then.call(work, (object: unknown) => withBody(object as HeadResult | null, io));
    } catch (error) {
      return rejected(error);
    }
  }

  put(key: unknown, value: unknown, options?: unknown): Promise<any> {
    if (!isR2Bucket(this)) throw illegalInvocation();
    try {
      if (arguments.length === 0) throw badArgument("put", "R2Bucket", 1, "string");
      const name = `${key as string}`;
      const nothing = (value === undefined || value === null) && arguments.length > 1;
      if (!nothing && !isValue(value)) throw badArgument("put", "R2Bucket", 2, VALUE_TYPE);
      return this.#put(name, value, readPutOptions(options));
    } catch (error) {
      return rejected(error);
    }
  }

  #put(key: string, value: unknown, given: ReturnType<typeof readPutOptions>): Promise<unknown> {
    let io, options;
    try {
      io = requireRequest("R2 put()");
      options = given === undefined ? undefined : encodeWriteOptions(given);
    } catch (error) {
      cancelValue(value);
      throw error;
    }
    const sent = takeValue(value, io);
    return orFailure(
      native.r2Put(io.request, this.#bucket, key, sent.value, sent.length, options), sent);
  }

  createMultipartUpload(key: unknown, options?: unknown): Promise<R2MultipartUpload> {
    if (!isR2Bucket(this)) throw illegalInvocation();
    try {
      if (arguments.length === 0) {
        throw badArgument("createMultipartUpload", "R2Bucket", 1, "string");
      }
      const name = `${key as string}`, bucket = this.#bucket;
      const given = readMultipartOptions(options);
      const io = requireRequest("R2 createMultipartUpload()");
      const work = native.r2CreateMultipartUpload(
        io.request, bucket, name, given === undefined ? undefined : encodeWriteOptions(given));
      return then.call(work, ((id: string) => makeUpload(bucket, name, id)) as never) as
        Promise<R2MultipartUpload>;
    } catch (error) {
      return rejected(error);
    }
  }

  resumeMultipartUpload(key: unknown, uploadId: unknown): R2MultipartUpload {
    if (!isR2Bucket(this)) throw illegalInvocation();
    if (arguments.length < 2) {
      throw badArgument("resumeMultipartUpload", "R2Bucket", arguments.length + 1, "string");
    }
    return makeUpload(this.#bucket, `${key as string}`, `${uploadId as string}`);
  }

  delete(keys: unknown): Promise<void> {
    if (!isR2Bucket(this)) throw illegalInvocation();
    try {
      if (arguments.length === 0) throw badArgument("delete", "R2Bucket", 1, "string or Array");
      const which = Array.isArray(keys) ? Array.from(keys, (key) => `${key as string}`)
                                        : `${keys as string}`;
      return native.r2Delete(requireRequest("R2 delete()").request, this.#bucket, which);
    } catch (error) {
      return rejected(error);
    }
  }

  list(options?: unknown): Promise<any> {
    if (!isR2Bucket(this)) throw illegalInvocation();
    try {
      const given = readListOptions(options);
      const io = requireRequest("R2 list()");
      const [http, custom] = includedFields(given);
      const limit = given?.limit === -1 ? undefined : given?.limit;   // -1 is "not set" (L3)
      return native.r2List(io.request, this.#bucket, limit, given?.prefix, given?.cursor,
                           given?.delimiter, given?.startAfter, http, custom);
    } catch (error) {
      return rejected(error);
    }
  }

  static {
    isR2Bucket = (value): value is R2Bucket =>
      typeof value === "object" && value !== null && #bucket in value;
  }
}

// The class has a tag and enumerable members, but no global name.
exposeClass({}, "R2Bucket", R2Bucket);
