// Conditions in the grammar of the API, by the words that people choose them with.
import type { Operator } from "./kit";

const one = (name: string, before: string, after = ""): Operator => ({
  name,
  takes: 1,
  write: ([value = ""]) => `${before}${value}${after}`,
  read: (condition) =>
    condition.startsWith(before) && condition.endsWith(after) && condition.length >= before.length + after.length
      ? [condition.slice(before.length, condition.length - after.length)]
      : null,
});

const fixed = (name: string, condition: string): Operator => ({
  name,
  takes: 0,
  write: () => condition,
  read: (given) => (given === condition ? [] : null),
});

const many = (name: string, before: string, after: string): Operator => ({
  name,
  takes: "many",
  write: (values) => `${before}${values.map(quoted).join(",")}${after}`,
  read: (condition) =>
    condition.startsWith(before) && condition.endsWith(after)
      ? split(condition.slice(before.length, condition.length - after.length))
      : null,
});

const between: Operator = {
  name: "between",
  takes: 2,
  write: ([low = "", high = ""]) => `gte.${low};lte.${high}`,
  read: (condition) => /^gte\.([^;]*);lte\.([^;]*)$/.exec(condition)?.slice(1) ?? null,
};

const lastDays: Operator = {
  name: "last_days",
  takes: 1,
  write: ([days = "7"]) => `gte.today-${days};lte.today`,
  read: (condition) => /^gte\.today-(\d+);lte\.today$/.exec(condition)?.slice(1) ?? null,
};

const nextDays: Operator = {
  name: "next_days",
  takes: 1,
  write: ([days = "7"]) => `gte.today;lte.today+${days}`,
  read: (condition) => /^gte\.today;lte\.today\+(\d+)$/.exec(condition)?.slice(1) ?? null,
};

const empty = fixed("empty", "is.null");
const filled = fixed("filled", "not.is.null");

export const TEXT = [one("contains", "ilike.*", "*"), one("is", "eq."), one("starts", "ilike.", "*"), empty, filled];
export const NUMBER = [one("is", "eq."), one("at_least", "gte."), one("at_most", "lte."), between, empty, filled];
export const DAY = [
  lastDays,
  nextDays,
  between,
  one("is", "eq."),
  one("from", "gte."),
  one("until", "lte."),
  empty,
  filled,
];
export const CHOICE = [many("any_of", "in.(", ")"), many("none_of", "not.in.(", ")"), empty, filled];
export const SEVERAL = [many("has_any", "ov.{", "}"), many("has_all", "cs.{", "}"), empty, filled];
export const TRUTH = [fixed("yes", "is.true"), fixed("no", "is.false"), empty];
export const PRESENCE = [empty, filled];

/** The operator and values of a condition; `null`: written by hand, or for another kind of field. */
export function readCondition(
  operators: Operator[],
  condition: string,
): { operator: Operator; values: string[] } | null {
  // The narrower reading first: "in the last 7 days" is also a "between".
  const order = [...operators].sort((a, b) => Number(a.name === "between") - Number(b.name === "between"));
  for (const operator of order) {
    const values = operator.read(condition);
    if (values && !(operator.takes === 1 && /[*;]/.test(values[0] ?? ""))) return { operator, values };
  }
  return null;
}

/** One condition may ask two things of its field; the API is asked both. */
export const conditions = (condition: string): string[] =>
  /^[a-z]+\..*;[a-z]+\./.test(condition) ? condition.split(";") : [condition];

const quoted = (value: string) => (/[,(){}"\\\s]/.test(value) ? `"${value.replace(/(["\\])/g, "\\$1")}"` : value);

function split(list: string): string[] {
  const found = list.match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  return found.map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word));
}
