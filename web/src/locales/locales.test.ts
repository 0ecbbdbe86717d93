import { expect, test } from "vitest";
import de from "./de.json";
import en from "./en.json";
import settingsDe from "./settings/de.json";
import settingsEn from "./settings/en.json";
import settingsSr from "./settings/sr-Latn.json";
import sr from "./sr-Latn.json";
import workDe from "./work/de.json";
import workEn from "./work/en.json";
import workSr from "./work/sr-Latn.json";

type Tree = { [key: string]: string | Tree };

function leaves(tree: Tree, path = ""): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === "string" ? [[path + key, value] as const] : [...leaves(value, `${path}${key}.`)],
    ),
  );
}

const holes = (text: string) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)]
    .map((m) => m[1])
    .sort()
    .join();

test.each([
  ["de", en, de],
  ["sr-Latn", en, sr],
  ["de of the settings", settingsEn, settingsDe],
  ["sr-Latn of the settings", settingsEn, settingsSr],
  ["de of imports and jobs", workEn, workDe],
  ["sr-Latn of imports and jobs", workEn, workSr],
])("%s says everything that English says, with the same values in it", (_, first, other) => {
  const english = leaves(first as Tree);
  const spoken = leaves(other as Tree);
  expect([...english.keys()].filter((key) => !spoken.get(key))).toEqual([]);
  for (const [key, text] of english)
    if (!key.endsWith("_one")) expect(holes(spoken.get(key) ?? ""), key).toBe(holes(text));
});

test("Serbian has its form for two to four wherever something is counted", () => {
  const spoken = new Map([...leaves(sr as Tree), ...leaves(settingsSr as Tree), ...leaves(workSr as Tree)]);
  const counted = [...spoken.keys()].filter((key) => key.endsWith("_one"));
  expect(counted.length).toBeGreaterThan(5);
  expect(counted.filter((key) => !spoken.has(key.replace(/_one$/, "_few")))).toEqual([]);
});
