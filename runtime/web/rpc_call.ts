// A call on its way out and its result on the way in.

import { requireRequest, type IoContext } from "./io";
import { CallHandler, failedCall, type Path, rpcFlags, setSend } from "./rpc";
import { closeReading, openReading, sealResult, sending, toSend } from "./rpc_values";

const then = Promise.prototype.then;

// What a result is when it has arrived: `arrived` names it in C++.
function receive(arrived: unknown): unknown {
  const reading = openReading(native.getFrame()!.io as IoContext);
  let value: unknown;
  try {
    value = native.rpcTake(arrived as number);
  } finally {
    closeReading(reading);
  }
  return sealResult(value, reading);
}

function send(target: NativeTarget, path: Path, isGet: boolean,
                     args: unknown[]): CallHandler {
  try {
    const io = requireRequest("rpc");
    const number = native.newNumber();
    const given = isGet || args.length === 0 ? undefined : toSend(args);
    const answer = sending(!rpcFlags.dupParameters,
                           () => native.rpcCall(io.request, target, path, isGet, number, given));
    return new CallHandler(then.call(answer, receive), number);
  } catch (error) {
    return failedCall(error);
  }
}

setSend(send);
