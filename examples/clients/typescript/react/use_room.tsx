// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { FanfareClient, Message, State } from 'fanfare-client';

/** The newest `keep` messages of a room, and whether something is missing before them. */
export function useRoom<P = unknown>(client: FanfareClient, room: string, keep = 50) {
  const [messages, setMessages] = useState<Message<P>[]>([]);
  const [incomplete, setIncomplete] = useState(false);
  useEffect(() => {
    setMessages([]);
    setIncomplete(false);
    const subscription = client.subscribe(room, {
      last: keep,
      message: message => setMessages(before => [...before, message].slice(-keep)),
      gap: () => setIncomplete(true),
    });
    return () => subscription.unsubscribe();
  }, [client, room, keep]);
  return { messages, incomplete };
}

/** What the client is doing, for a banner. */
export function useConnectionState(client: FanfareClient): State {
  return useSyncExternalStore(
    changed => client.onState(changed),
    () => client.state,
    () => 'idle' as const,
  );
}
