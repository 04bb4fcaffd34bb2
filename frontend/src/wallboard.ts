// The dashboard strategy `custom:call-recorder-wallboard`: whole views from the recorders and lines.

import { fetchTexts, localizeFor, pageLocalize, type Localize } from "./texts.js";
import type { DeviceEntry, EntityEntry, HomeAssistant, Section } from "./types.js";

type Config = Record<string, unknown>;

interface RecorderDevice {
  device: DeviceEntry;
  /** Ids of its entities by their translation keys. */
  entities: Map<string, string>;
  lines: DeviceEntry[];
}

export class CallRecorderWallboard extends HTMLElement {
  static noEditor = true;
  static registryDependencies = ["entities", "devices"];

  static getCreateSuggestions(): Config {
    return { title: pageLocalize()("card_name"), icon: "mdi:record-rec" };
  }

  /** `recorder` is the device of the recorder that the first view is about: without it, all. */
  static async generate(
    { recorder: chosen }: { recorder?: string },
    hass: HomeAssistant,
  ): Promise<Config> {
    await fetchTexts(hass.language);
    const text = localizeFor(hass.language);
    const recorders = findRecorders(hass);
    const now = recorders.filter(({ device }) => !chosen || device.id === chosen);
    return {
      title: text("card_name"),
      views: [
        nowView(now, chosen ? { recorder: chosen } : {}, text),
        ...(recorders.length > 1 ? recorders : []).map((recorder) => recorderView(recorder, text)),
      ],
    };
  }
}

/** Return the recorders with their lines, in the order of their names. */
function findRecorders(hass: HomeAssistant): RecorderDevice[] {
  const own = Object.values(hass.entities).filter(
    (entity): entity is EntityEntry => entity?.platform === "call_recorder",
  );
  const ids = new Set(own.map((entity) => entity.device_id));
  const devices = Object.values(hass.devices)
    .filter((device): device is DeviceEntry => device !== undefined && ids.has(device.id))
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  return devices
    .filter((device) => !device.via_device_id)
    .map((device) => ({
      device,
      entities: new Map(
        own
          .filter((entity) => entity.device_id === device.id && !entity.hidden)
          .map((entity) => [`${entity.entity_id.split(".")[0]}.${entity.translation_key}`, entity.entity_id]),
      ),
      lines: devices.filter((line) => line.via_device_id === device.id),
    }));
}

function nameOf(device: DeviceEntry): string {
  return device.name_by_user ?? device.name ?? "";
}

function card(show: Section[], options: Config): Config {
  return {
    type: "custom:call-recorder-card",
    show,
    grid_options: { columns: "full" },
    ...options,
  };
}

/** Everything that goes on now: for the screen on the wall. */
function nowView(recorders: RecorderDevice[], options: Config, text: Localize): Config {
  const hasLines = recorders.some(({ lines }) => lines.length);
  return {
    title: text("view_now"),
    path: "now",
    icon: "mdi:record-rec",
    type: "sections",
    max_columns: 3,
    sections: [
      section(2, [
        card(["counts", "active"], { ...options, title: text("heading_active") }),
        ...(hasLines ? [card(["start"], { ...options, title: text("heading_lines") })] : []),
        ...(recorders.length ? [channels(recorders, text)] : []),
      ]),
      section(1, [
        card(["recent"], { ...options, title: text("heading_recent") }),
        ...(recorders.length
          ? [
              { type: "heading", heading: text("today_title"), icon: "mdi:calendar-today" },
              ...recorders.flatMap((recorder) => todayTiles(recorder, recorders.length > 1)),
            ]
          : []),
      ]),
    ],
  };
}

/** One recorder: its card, its sensors, and how busy it was. */
function recorderView(recorder: RecorderDevice, text: Localize): Config {
  const { device, entities } = recorder;
  const sensors = [
    "active_recordings",
    "paused_recordings",
    "longest_active_duration",
    "recordings_today",
    "recorded_time_today",
    "archived_recordings",
  ];
  return {
    title: nameOf(device),
    path: `recorder-${device.id}`,
    type: "sections",
    max_columns: 3,
    sections: [
      section(2, [
        card(["counts", "active", "start"], { recorder: device.id }),
        card(["recent"], { recorder: device.id, title: text("heading_recent") }),
      ]),
      section(1, [
        { type: "heading", heading: text("view_statistics"), icon: "mdi:chart-bar" },
        ...sensors.flatMap((key) => tile(entities.get(`sensor.${key}`), { type: "entity" })),
        channels([recorder], text),
      ]),
    ],
  };
}

function section(columns: number, cards: Config[]): Config {
  return { type: "grid", column_span: columns, cards };
}

/** The numbers of the day. Of several recorders each has its name: unit and icon say what is counted. */
function todayTiles({ device, entities }: RecorderDevice, isOneOfMany: boolean): Config[] {
  const name = isOneOfMany ? nameOf(device) : { type: "entity" };
  return ["recordings_today", "recorded_time_today"].flatMap((key) =>
    tile(entities.get(`sensor.${key}`), name),
  );
}

/** A tile as wide as its section: half of that is too little for the names of some languages. */
function tile(entity: string | undefined, name: unknown): Config[] {
  return entity ? [{ type: "tile", entity, name, grid_options: { columns: "full" } }] : [];
}

/** How many calls were recorded at the same time: whether the licensed channels suffice. */
function channels(recorders: RecorderDevice[], text: Localize): Config {
  return {
    type: "statistics-graph",
    title: text("channels_title"),
    entities: recorders.flatMap(({ device, entities }) => {
      const entity = entities.get("sensor.active_recordings");
      return entity ? [{ entity, name: nameOf(device) }] : [];
    }),
    stat_types: ["max"],
    chart_type: "bar",
    period: "hour",
    days_to_show: 2,
    grid_options: { columns: "full", rows: 5 },
  };
}
