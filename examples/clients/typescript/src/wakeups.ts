// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

interface Target {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** Calls `wake` when the network is back or the page is shown again. Where there is no page, it never does. */
export function onWakeup(wake: (why: 'online' | 'visible') => void): () => void {
  const { window, document } = globalThis as unknown as {
    window?: Target;
    document?: Target & { visibilityState: string };
  };
  const online = () => wake('online');
  const visible = () => {
    if (document?.visibilityState === 'visible') wake('visible');
  };
  window?.addEventListener('online', online);
  document?.addEventListener('visibilitychange', visible);
  return () => {
    window?.removeEventListener('online', online);
    document?.removeEventListener('visibilitychange', visible);
  };
}
