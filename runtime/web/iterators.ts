// The iterators that Headers and FormData hand out: over a list taken when they were made, with the
// platform's names and the result's fields in its order.

import { illegalInvocation } from "./io";

function iteratorClass(name: string): new <T>(items: readonly T[]) => ArrayIterator<T> {
  const made = {
    [name]: class<T> extends Iterator<T, undefined> {
      #items: readonly T[];
      #at = 0;
      constructor(items: readonly T[]) {
        super();
        this.#items = items;
      }
      override next(): IteratorResult<T, undefined> {
        if (typeof this !== "object" || this === null || !(#at in this)) throw illegalInvocation();
        return this.#at < this.#items.length ? { done: false, value: this.#items[this.#at++]! }
                                             : { done: true, value: undefined };
      }
    },
  }[name]!;
  Object.defineProperty(made.prototype, Symbol.toStringTag, { value: name, configurable: true });
  return made as unknown as new <T>(items: readonly T[]) => ArrayIterator<T>;
}

export const EntryIterator = iteratorClass("EntryIterator");
export const KeyIterator = iteratorClass("KeyIterator");
export const ValueIterator = iteratorClass("ValueIterator");
