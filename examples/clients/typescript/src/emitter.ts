// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

type Handler<A> = (argument: A) => void;

/** Who wants to hear what. A handler that throws never keeps the others from hearing it. */
export class Emitter<Events extends object> {
  readonly #handlers = new Map<keyof Events, Set<Handler<any>>>();
  readonly #failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  on<K extends keyof Events>(event: K, handler: Handler<Events[K]>): () => void {
    const own: Handler<Events[K]> = argument => handler(argument); // The same function may be there twice.
    const all = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, all.add(own));
    return () => {
      all.delete(own);
    };
  }

  /** Answers how many handlers took it without throwing. */
  emit<K extends keyof Events>(event: K, argument: Events[K]): number {
    let taken = 0;
    const all = this.#handlers.get(event);
    for (const handler of [...(all ?? [])])
      if (all!.has(handler)) taken += guarded(this.#failed, handler, argument); // else another one has taken it away
    return taken;
  }

  has(event: keyof Events): boolean {
    return (this.#handlers.get(event)?.size ?? 0) > 0;
  }
}

/** Calls `handler`, if there is one; answers 1 if it returned. */
export function guarded<A extends unknown[]>(
  failed: (error: unknown) => void,
  handler: ((...args: A) => void) | undefined,
  ...args: A
): 0 | 1 {
  if (!handler) return 0;
  try {
    handler(...args);
    return 1;
  } catch (error) {
    failed(error);
    return 0;
  }
}
