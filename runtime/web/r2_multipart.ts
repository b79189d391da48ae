// Multipart uploads as a guest holds them (spec/r2.md 1.10). Nothing is known here about whether
// there is such an upload: its first use finds out.

import type * as official from "@cloudflare/workers-types";
import { badArgument, exposeClass } from "./errors";
import { illegalInvocation, requireRequest } from "./io";
import { isObject } from "./r2_conditional";
import { encodeSsecKey, readSsecKey, toInt } from "./r2_options";
import { isValue, orFailure, takeValue, VALUE_TYPE } from "./r2_value";
import type { HeadResult } from "./r2_object";

const PARTS_MAX = 10000;

const then = Promise.prototype.then;
const rejected = Promise.reject.bind(Promise) as (error: unknown) => Promise<never>;

interface Upload {
  readonly bucket: number;
  readonly key: string;
  readonly uploadId: string;
}
let uploadOf: (value: unknown) => Upload | undefined;

// M1.
function checkPart(number: number): number {
  if (number >= 1 && number <= PARTS_MAX) return number;
  throw new TypeError(`Part number must be between 1 and ${PARTS_MAX} (inclusive). Actual value ` +
                      `was: ${number}`);
}

function readPart(value: unknown, at: number): { partNumber: number; etag: string } {
  if (!isObject(value)) {
    throw new TypeError(`Incorrect type for array element ${at}: the provided value is not of ` +
                        "type 'UploadedPart'.");
  }
  const { partNumber, etag } = value as { partNumber?: unknown; etag?: unknown };
  return { partNumber: toInt(partNumber), etag: `${etag as string}` };
}

export class R2MultipartUpload {
  #upload: Upload;
  declare readonly key: string;
  declare readonly uploadId: string;

  constructor(upload?: unknown) {
    if (!(upload instanceof UploadOf)) throw new TypeError("Illegal constructor");
    this.#upload = upload;
    const { uploadId, key } = upload;
    Object.defineProperties(this, {
      uploadId: { value: uploadId, enumerable: true, configurable: true },
      key: { value: key, enumerable: true, configurable: true },
    });
  }

  uploadPart(number: unknown, value: unknown,
             options?: unknown): Promise<official.R2UploadedPart> {
    const upload = uploadOf(this);
    if (upload === undefined) throw illegalInvocation();
    try {
      if (arguments.length === 0) {
        throw badArgument("uploadPart", "R2MultipartUpload", 1, "integer");
      }
      const partNumber = toInt(number);
      if (!isValue(value)) throw badArgument("uploadPart", "R2MultipartUpload", 2, VALUE_TYPE);
      if (options !== undefined && options !== null && !isObject(options)) {
        throw badArgument("uploadPart", "R2MultipartUpload", 3, "UploadPartOptions");
      }
      const ssecKey = readSsecKey((options as { ssecKey?: unknown } | undefined)?.ssecKey);
      checkPart(partNumber);
      const io = requireRequest("R2 uploadPart()");
      const key = encodeSsecKey(ssecKey), sent = takeValue(value, io);
      const work = orFailure(
        native.r2UploadPart(io.request, upload.bucket, upload.key, upload.uploadId, partNumber,
                            sent.value, sent.length, key), sent);
      return then.call(work, ((etag: string) => ({ partNumber, etag })) as never) as
        Promise<official.R2UploadedPart>;
    } catch (error) {
      return rejected(error);
    }
  }

  abort(): Promise<void> {
    const upload = uploadOf(this);
    if (upload === undefined) throw illegalInvocation();
    try {
      return native.r2AbortMultipartUpload(requireRequest("R2 abort()").request, upload.bucket,
                                           upload.key, upload.uploadId);
    } catch (error) {
      return rejected(error);
    }
  }

  complete(parts: unknown): Promise<HeadResult> {
    const upload = uploadOf(this);
    if (upload === undefined) throw illegalInvocation();
    try {
      if (!Array.isArray(parts)) throw badArgument("complete", "R2MultipartUpload", 1, "Array");
      const chosen = Array.from(parts, readPart);
      const io = requireRequest("R2 complete()");
      const flat: (number | string)[] = [];
      for (const { partNumber, etag } of chosen) flat.push(checkPart(partNumber), etag);
      return native.r2CompleteMultipartUpload(io.request, upload.bucket, upload.key,
                                              upload.uploadId, flat) as Promise<HeadResult>;
    } catch (error) {
      return rejected(error);
    }
  }

  static {
    uploadOf = (value) => typeof value === "object" && value !== null && #upload in value
      ? value.#upload : undefined;
  }
}

// Out of a guest's reach: what makes an R2MultipartUpload.
class UploadOf implements Upload {
  readonly bucket: number;
  readonly key: string;
  readonly uploadId: string;
  constructor(bucket: number, key: string, uploadId: string) {
    this.bucket = bucket;
    this.key = key;
    this.uploadId = uploadId;
  }
}

export function makeUpload(bucket: number, key: string, uploadId: string): R2MultipartUpload {
  return new R2MultipartUpload(new UploadOf(bucket, key, uploadId));
}

exposeClass({}, "R2MultipartUpload", R2MultipartUpload);
