// The integration's actions, and what went wrong in the user's language.

import type { ActionError, HomeAssistant } from "./types.js";

const DOMAIN = "call_recorder";

/** Call an action of the integration and return its response. Throws an `Error` to be shown. */
export async function callAction(
  hass: HomeAssistant,
  action: string,
  data: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  try {
    const { response } = await hass.callService(DOMAIN, action, data, undefined, false, true);
    return response ?? {};
  } catch (error) {
    throw new Error(await sentence(hass, error as ActionError), { cause: error });
  }
}

/** Return an error's own sentence in the user's language; the error itself has it in English. */
export async function sentence(hass: HomeAssistant, error: ActionError): Promise<string> {
  const { translation_domain: domain, translation_key: key } = error;
  if (domain && key) {
    // The function that comes back knows what was loaded; the one in `hass` may not yet.
    const localize = await hass.loadBackendTranslation("exceptions", domain);
    const text = localize(
      `component.${domain}.exceptions.${key}.message`,
      error.translation_placeholders,
    );
    if (text) return text;
  }
  return error.message ?? String(error);
}
