// The card's own words, in the user's language; English where a language lacks one.

import en from "./translations/en.json";

export type TextKey = keyof typeof en;
type Table = Partial<Record<TextKey, string>>;

/** A further language is a file and a line here; `pt-BR` is tried before `pt`. */
const TABLES: Record<string, Table> = { en };

export type Localize = (key: TextKey, values?: Record<string, string | number>) => string;

/** Return a function that says things in a language. */
export function localizeFor(language: string | undefined): Localize {
  const table = TABLES[language ?? "en"] ?? TABLES[(language ?? "en").split("-")[0]!] ?? en;
  return (key, values = {}) =>
    (table[key] ?? en[key]).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Return the words for where no `hass` is at hand: pickers and forms. */
export function pageLocalize(): Localize {
  return localizeFor(document.documentElement.lang);
}
