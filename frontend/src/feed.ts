// The data of all cards on a page: one subscription for as long as any of them is shown.

import type { Connection, FeedMessage, Recorder, RecorderChange } from "./types.js";

/** Seconds between two tries: the page is back before the integration is, after a restart. */
const RETRY_DELAYS = [1, 2, 5, 10];

const feeds = new WeakMap<Connection, Feed>();

/** Return the feed of a connection. */
export function feedOf(connection: Connection): Feed {
  let feed = feeds.get(connection);
  if (!feed) {
    feed = new Feed(connection);
    feeds.set(connection, feed);
  }
  return feed;
}

/** Merge what has changed into what was known of a recorder. */
export function applyChange(recorder: Recorder, change: RecorderChange): Recorder {
  const { changed, ended, ...fields } = change;
  const merged = { ...recorder, ...fields };
  if (changed || ended) {
    const active = new Map((recorder.active ?? []).map((row) => [row.id, row]));
    for (const id of ended ?? []) active.delete(id);
    for (const row of changed ?? []) active.set(row.id, row);
    merged.active = [...active.values()];
  }
  return merged;
}

export class Feed {
  /** `undefined` until the first snapshot. */
  recorders: Recorder[] | undefined;

  private listeners = new Set<() => void>();
  private clockOffset = 0;
  private generation = 0;
  private unsubscribe: (() => Promise<void>) | undefined;

  constructor(private connection: Connection) {}

  /** Return the server's time in milliseconds: the clock of a tablet may be wrong. */
  now(): number {
    return Date.now() + this.clockOffset;
  }

  /** Call the listener with each change until the returned function is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    if (this.listeners.size === 1) {
      this.connection.addEventListener("disconnected", this.forget);
      this.connection.addEventListener("ready", this.subscribe);
      void this.subscribe();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.connection.removeEventListener("disconnected", this.forget);
        this.connection.removeEventListener("ready", this.subscribe);
        this.close();
      }
    };
  }

  // The connection's own resubscription gives up when the integration is not there yet.
  private subscribe = async (): Promise<void> => {
    this.close();
    const generation = this.generation;
    for (let tries = 0; generation === this.generation; tries += 1) {
      try {
        const unsubscribe = await this.connection.subscribeMessage<FeedMessage>(
          (message) => generation === this.generation && this.receive(message),
          { type: "call_recorder/subscribe" },
          { resubscribe: false },
        );
        if (generation === this.generation) this.unsubscribe = unsubscribe;
        else await unsubscribe();
        return;
      } catch {
        const delay = RETRY_DELAYS[Math.min(tries, RETRY_DELAYS.length - 1)]!;
        await new Promise((resolve) => setTimeout(resolve, delay * 1000));
      }
    }
  };

  private close(): void {
    this.generation += 1;
    this.unsubscribe?.().catch(() => undefined);
    this.unsubscribe = undefined;
  }

  // The ids of a lost connection are given to others on the next one: nothing to unsubscribe.
  private forget = (): void => {
    this.unsubscribe = undefined;
    this.close();
  };

  private receive(message: FeedMessage): void {
    if (message.type === "snapshot") {
      this.clockOffset = Date.parse(message.now) - Date.now();
      this.recorders = message.recorders;
    } else {
      this.recorders = this.recorders?.map((recorder) =>
        recorder.entry_id === message.recorder.entry_id
          ? applyChange(recorder, message.recorder)
          : recorder,
      );
    }
    for (const listener of this.listeners) listener();
  }
}
