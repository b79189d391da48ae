// The HTTP half of what a Worker finds on its global object, and the compatibility flags that change
// it (spec/config.md 6.1).

import { domException } from "./dom_exception";
import { installBlob } from "./blob";
import { Body, bodyFlags } from "./body";
import { exposeClass } from "./errors";
import { fetchFlags, installFetch } from "./fetch";
import { installFormData } from "./form_data";
import { Headers } from "./headers";
import { installIdentityStreams } from "./identity_stream";
import { isKvNamespace, type KvNamespace } from "./kv";
import { isR2Bucket, type R2Bucket } from "./r2";
import { initR2Objects } from "./r2_object";
import { r2Flags } from "./r2_options";
import { installRequest, requestFlags } from "./request";
import { installResponse } from "./response";
import { installStreams } from "./streams";
import { registerCloneable } from "./structured_clone";
import { initWebSockets, installWebSockets } from "./websocket";

const getSetCookie = Headers.prototype.getSetCookie;

function noClone(what: string): () => never {
  return () => {
    throw domException("DataCloneError", `${what} cannot be serialized.`);
  };
}
const noKv = noClone("A KV namespace binding"), noR2 = noClone("An R2 bucket binding");
registerCloneable<KvNamespace>("KvNamespace", isKvNamespace, noKv, noKv);
registerCloneable<R2Bucket>("R2Bucket", isR2Bucket, noR2, noR2);

// Once, when the snapshot is built.
export function installHttpGlobals(target: object): void {
  installStreams(target);
  installIdentityStreams(target);
  exposeClass(target, "Headers", Headers);
  exposeClass(target, "Body", Body);
  installBlob(target);
  installFormData(target);
  installRequest(target);
  installResponse(target);
  installFetch(target);
  installWebSockets(target);
}

// In each isolate. `flags`: the enable-names of every flag that is on.
export function initHttp(flags: ReadonlySet<string>, hasBuckets: boolean): void {
  bodyFlags.stripBom = flags.has("strip_bom_in_read_all_text") || flags.has("pedantic_wpt");
  bodyFlags.filesAsText = !flags.has("formdata_parser_supports_files");
  bodyFlags.iterables = flags.has("fetch_iterable_type_support");
  requestFlags.upperCaseMethods = flags.has("upper_case_all_http_methods");
  requestFlags.cacheOption = flags.has("cache_option_enabled");
  requestFlags.cacheNoCache = flags.has("cache_no_cache_enabled");
  requestFlags.cacheReload = flags.has("cache_reload_enabled");
  requestFlags.incomingSignal = flags.has("enable_request_signal");
  initWebSockets(flags);
  fetchFlags.stripAuthorization = flags.has("strip_authorization_on_cross_origin_redirect");
  fetchFlags.customPorts = flags.has("allow_custom_ports");
  fetchFlags.refuseSchemes = flags.has("fetch_refuses_unknown_protocols");
  r2Flags.listHonorsInclude = flags.has("r2_list_honor_include");
  if (hasBuckets) initR2Objects(flags);
  if (!flags.has("http_headers_getsetcookie")) {
    delete (Headers.prototype as { getSetCookie?: typeof getSetCookie }).getSetCookie;
  }
}
