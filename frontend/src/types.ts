// What this module uses of Home Assistant's frontend, and what the integration sends.

export interface Connection {
  subscribeMessage<T>(
    callback: (message: T) => void,
    message: Record<string, unknown>,
    options?: { resubscribe?: boolean },
  ): Promise<() => Promise<void>>;
  addEventListener(type: "ready" | "disconnected", listener: () => void): void;
  removeEventListener(type: "ready" | "disconnected", listener: () => void): void;
}

export interface HomeAssistant {
  connection: Connection;
  language: string;
  locale: { language: string; time_format: string; time_zone: string };
  config: { time_zone: string; components: string[] };
  themes: { darkMode: boolean };
  user?: { is_admin: boolean };
  entities: Record<string, EntityEntry | undefined>;
  devices: Record<string, DeviceEntry | undefined>;
  callWS<T>(message: Record<string, unknown>): Promise<T>;
  callService(
    domain: string,
    service: string,
    data?: Record<string, unknown>,
    target?: Record<string, unknown>,
    notifyOnError?: boolean,
    returnResponse?: boolean,
  ): Promise<{ response?: Record<string, unknown> }>;
  loadBackendTranslation(
    category: string,
    integration: string,
  ): Promise<(key: string, placeholders?: Record<string, string>) => string>;
}

export interface EntityEntry {
  entity_id: string;
  device_id?: string | null;
  platform?: string;
  translation_key?: string;
  hidden?: boolean;
}

export interface DeviceEntry {
  id: string;
  name?: string | null;
  name_by_user?: string | null;
  via_device_id?: string | null;
  config_entries: string[];
  identifiers: [string, string][];
}

/** An error of an action, as `callService` throws it. */
export interface ActionError {
  message?: string;
  translation_domain?: string;
  translation_key?: string;
  translation_placeholders?: Record<string, string>;
}

export type Section = "counts" | "active" | "start" | "recent";

export interface CardConfig {
  type: string;
  recorder?: string;
  lines?: string[];
  show?: Section[];
  title?: string;
}

// --- What `call_recorder/subscribe` sends; see websocket_api.py ---

export interface Party {
  name: string | null;
  number: string | null;
}

export type Direction = "unknown" | "incoming" | "outgoing" | "internal";

export interface ActiveRecording {
  id: string;
  lines: string[];
  started_at: string | null;
  is_paused: boolean | null;
  direction: Direction | null;
  local: Party;
  remote: Party;
}

export interface Recording {
  id: string;
  media_content_id: string;
  lines: string[];
  started_at: string | null;
  duration: number | null;
  direction: Direction | null;
  state: "complete" | "saving" | "error" | null;
  local: Party;
  remote: Party;
}

export interface Line {
  id: string;
  device_id: string | null;
  name: string;
  /** What `start_recording` needs; `null` where it cannot be started by this user. */
  start: Record<string, string> | null;
  not_recorded: boolean | null;
}

export interface Recorder {
  entry_id: string;
  device_id: string | null;
  name: string;
  available: boolean;
  can_pause: boolean;
  can_stop: boolean;
  /** `null` while the recorder has not told enough to know. Of very many, not all of them. */
  active: ActiveRecording[] | null;
  /** How many active recordings were left out. */
  unlisted: number;
  lines: Line[];
  today: number | null;
  /** `null` when the user may not listen, or nothing is known of the archive. */
  recent: Recording[] | null;
}

export interface RecorderChange extends Partial<Recorder> {
  entry_id: string;
  /** Active recordings that are new or look different, and the ids of those that are over. */
  changed?: ActiveRecording[];
  ended?: string[];
}

export type FeedMessage =
  | { type: "snapshot"; now: string; recorders: Recorder[] }
  | { type: "change"; recorder: RecorderChange };
