// Proof, by the compiler alone, that what a guest gets is what the official types promise it
// (@cloudflare/workers-types). Nothing here is in the bundle: `tsc` fails when a class drifts.

import type * as official from "@cloudflare/workers-types";
import type { DurableObjectId } from "./durable_id";
import type { DurableObjectNamespace } from "./durable_namespace";
import type { SqlStorage, SqlStorageCursor } from "./durable_sql";
import type { DurableObjectState } from "./durable_state";
import type { DurableObjectStorage } from "./durable_storage";
import type { SyncKvStorage } from "./durable_sync_kv";
import type { DurableObjectTransaction } from "./durable_transaction";
import type { Blob, File } from "./blob";
import type { ExecutionContext } from "./context";
import type { fetch } from "./fetch";
import type { FormData } from "./form_data";
import type { Headers } from "./headers";
import type { FixedLengthStream, IdentityTransformStream } from "./identity_stream";
import type { KvNamespace } from "./kv";
import type { R2Bucket } from "./r2";
import type { R2MultipartUpload } from "./r2_multipart";
import type { Checksums, GetResult, HeadResult } from "./r2_object";
import type { Request } from "./request";
import type { Response } from "./response";
import type { URL } from "./url";
import type { WebSocketRequestResponsePair } from "./durable_sockets";
import type { WebSocket, WebSocketPair } from "./websocket";
import type { CloseEvent, MessageEvent } from "./websocket_events";
import type { ReadableStream, TransformStream, WritableStream } from "./streams";

type Is<Ours extends Official, Official> = [Ours, Official];

export type Checked = [
  Is<Headers, official.Headers>,
  Is<typeof Headers, typeof official.Headers>,
  Is<Request, official.Request>,
  // Not generic in `cf`: nobody can check the guest's claim about it.
  Is<typeof Request, new (input: string | URL | official.Request,
                          init?: official.RequestInit) => official.Request>,
  Is<Response, official.Response>,
  Is<typeof Response, typeof official.Response>,
  Is<typeof fetch, typeof official.fetch>,
  Is<Blob, official.Blob>,
  Is<File, official.File>,
  Is<FormData, official.FormData>,
  Is<ReadableStream, official.ReadableStream>,
  Is<WritableStream, official.WritableStream>,
  Is<TransformStream, official.TransformStream>,
  Is<IdentityTransformStream, official.IdentityTransformStream>,
  Is<FixedLengthStream, official.FixedLengthStream>,
  Is<KvNamespace, official.KVNamespace>,
  Is<R2Bucket, official.R2Bucket>,
  Is<HeadResult, official.R2Object>,
  Is<GetResult, official.R2ObjectBody>,
  Is<Checksums, official.R2Checksums>,
  Is<R2MultipartUpload, official.R2MultipartUpload>,
  Is<DurableObjectId, official.DurableObjectId>,
  Is<DurableObjectNamespace, official.DurableObjectNamespace>,
  Is<DurableObjectState, official.DurableObjectState>,
  Is<DurableObjectStorage, official.DurableObjectStorage>,
  Is<DurableObjectTransaction, official.DurableObjectTransaction>,
  Is<SqlStorage, official.SqlStorage>,
  Is<SqlStorageCursor<Record<string, official.SqlStorageValue>>,
     official.SqlStorageCursor<Record<string, official.SqlStorageValue>>>,
  Is<SyncKvStorage, official.SyncKvStorage>,
  Is<WebSocket, official.WebSocket>,
  Is<typeof WebSocketPair, typeof official.WebSocketPair>,
  Is<MessageEvent, official.MessageEvent>,
  Is<CloseEvent, official.CloseEvent>,
  Is<typeof WebSocketRequestResponsePair, typeof official.WebSocketRequestResponsePair>,
  // These two are not on the platform's published surface of `ctx` (spec/runtime-api.md 1.1).
  Is<ExecutionContext, Omit<official.ExecutionContext, "mapVirtualHost" | "tracing">>,
];
