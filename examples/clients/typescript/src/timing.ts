// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { FanfareError } from './errors.js';

export type Timer = ReturnType<typeof setTimeout>;

const longest = 2 ** 31 - 1;

/** A timer also for what setTimeout takes as one millisecond, because it is too long: Infinity, say. */
export function after(ms: number, run: () => void): Timer {
  return setTimeout(run, Math.min(ms, longest));
}

/** `promise`, or an error after `ms` or when `signal` says so; no timer and no listener is left behind. */
export function within<T>(promise: Promise<T>, ms: number, signal: AbortSignal, late: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    };
    const aborted = () => {
      done();
      reject(new FanfareError('closed', 'disconnected meanwhile'));
    };
    const timer = after(ms, () => {
      done();
      reject(new FanfareError('timed_out', late));
    });
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted);
    promise.then(
      value => {
        done();
        resolve(value);
      },
      error => {
        done();
        reject(error);
      },
    );
  });
}
