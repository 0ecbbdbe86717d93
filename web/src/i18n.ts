// Words of the screens. English comes with the first load, the others when they are asked for.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./locales/en.json";

export const LANGUAGES = { en: "English", de: "Deutsch", "sr-Latn": "Srpski (latinica)" } as const;
export type Language = keyof typeof LANGUAGES;

const others: Record<Exclude<Language, "en">, () => Promise<{ default: object }>> = {
  de: () => import("./locales/de.json"),
  "sr-Latn": () => import("./locales/sr-Latn.json"),
};

/** Words of screens that few open: they come along with those screens. */
const MORE = {
  settings: {
    en: () => import("./locales/settings/en.json"),
    de: () => import("./locales/settings/de.json"),
    "sr-Latn": () => import("./locales/settings/sr-Latn.json"),
  },
  work: {
    en: () => import("./locales/work/en.json"),
    de: () => import("./locales/work/de.json"),
    "sr-Latn": () => import("./locales/work/sr-Latn.json"),
  },
} satisfies Record<string, Record<Language, () => Promise<{ default: object }>>>;
const opened = new Set<keyof typeof MORE>();

/** To be awaited before a screen is drawn that speaks them. */
export async function alsoSpeak(part: keyof typeof MORE): Promise<void> {
  opened.add(part);
  await addWords(part, spoken());
}

async function addWords(part: keyof typeof MORE, language: Language): Promise<void> {
  const { default: words } = await MORE[part][language]();
  i18next.addResourceBundle(language, "translation", words, true, true);
}

export async function startLanguage(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: "en",
    fallbackLng: "en",
    interpolation: { escapeValue: false },
  });
  await speak(preferred());
}

export async function speak(language: Language): Promise<void> {
  if (language !== "en" && !i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", (await others[language]()).default);
  }
  await Promise.all([...opened].map((part) => addWords(part, language)));
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  localStorage.setItem("kontor.language", language);
}

export const spoken = (): Language => i18next.language as Language;

function preferred(): Language {
  const kept = localStorage.getItem("kontor.language");
  if (kept && kept in LANGUAGES) return kept as Language;
  const wanted = navigator.language;
  if (wanted.startsWith("de")) return "de";
  return /^(sr|hr|bs|me)/.test(wanted) ? "sr-Latn" : "en";
}
