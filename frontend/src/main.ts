// Registers the card and the wallboard, and tells Home Assistant's pickers about them.

import { CallRecorderCard } from "./card.js";
import { CallRecorderPlayer } from "./player.js";
import { fetchTexts, pageLocalize } from "./texts.js";
import type { HomeAssistant } from "./types.js";
import { CallRecorderWallboard } from "./wallboard.js";

interface Offer {
  type: string;
  name: string;
  description: string;
}

declare global {
  interface Window {
    customCards?: Offer[];
    customStrategies?: Offer[];
  }
}

const documentationURL = "https://github.com/call-recorder/call-recorder";

function offer(list: Offer[], entry: Offer): void {
  if (!list.some(({ type }) => type === entry.type)) list.push(entry);
}

// Pickers open later, and cannot wait.
void fetchTexts();

offer((window.customCards ??= []), {
  type: "call-recorder-card",
  get name() {
    return pageLocalize()("card_name");
  },
  get description() {
    return pageLocalize()("card_description");
  },
  preview: true,
  documentationURL,
  getEntitySuggestion(hass: HomeAssistant, entityId: string) {
    const entity = hass.entities[entityId];
    if (entity?.platform !== "call_recorder" || !entity.device_id) return null;
    const recorder = hass.devices[entity.device_id]?.via_device_id;
    const text = pageLocalize();
    return {
      config: {
        type: "custom:call-recorder-card",
        ...(recorder ? { recorder, lines: [entity.device_id] } : { recorder: entity.device_id }),
      },
      label: text(recorder ? "suggestion_line" : "suggestion_recorder"),
    };
  },
} as Offer);

offer((window.customStrategies ??= []), {
  type: "call-recorder-wallboard",
  strategyType: "dashboard",
  get name() {
    return pageLocalize()("wallboard_name");
  },
  get description() {
    return pageLocalize()("wallboard_description");
  },
  documentationURL,
} as Offer);

// Up to 2026.10 the page replaces the registry of elements while it starts: what was defined
// before is then unknown to dashboards. Its own first element shows that this is done.
while (!window.customElements.get("home-assistant")) {
  await new Promise((resolve) => setTimeout(resolve, 25));
}
for (const [tag, element] of [
  ["call-recorder-player", CallRecorderPlayer],
  ["call-recorder-card", CallRecorderCard],
  ["ll-strategy-dashboard-call-recorder-wallboard", CallRecorderWallboard],
] as const) {
  if (!window.customElements.get(tag)) window.customElements.define(tag, element);
}
