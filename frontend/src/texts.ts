// The card's own words, in the user's language; English until that has arrived, and where it lacks one.

import en from "./translations/en.json";

export type TextKey = keyof typeof en;
type Table = Partial<Record<TextKey, string>>;

/** Each is a file beside this module: a browser gets only the one that it needs. */
const LANGUAGES = ["de", "es", "fr", "it", "nl", "pt-BR", "zh-Hans"];
const tables: Record<string, Table> = {};
const fetches: Record<string, Promise<void>> = {};

/** Return which of our languages is meant: `de-CH` is served by `de`. */
function nearest(language: string): string | undefined {
  return [language, language.split("-")[0]!].find((name) => LANGUAGES.includes(name));
}

/** Fetch the words of a language once. Without them everything is said in English. */
export async function fetchTexts(language = document.documentElement.lang): Promise<void> {
  const name = nearest(language);
  if (!name) return;
  await (fetches[name] ??= fetch(new URL(`translations/${name}.json`, import.meta.url))
    .then(async (response) => {
      if (response.ok) tables[name] = (await response.json()) as Table;
    })
    .catch(() => {
      delete fetches[name];
    }));
}

export type Localize = (key: TextKey, values?: Record<string, string | number>) => string;

/** Return a function that says things in a language. */
export function localizeFor(language: string | undefined): Localize {
  const table = tables[nearest(language ?? "en") ?? "en"] ?? en;
  return (key, values = {}) =>
    (table[key] ?? en[key]).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Return the words for where no `hass` is at hand: pickers and forms. */
export function pageLocalize(): Localize {
  return localizeFor(document.documentElement.lang);
}
