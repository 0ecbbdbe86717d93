import { expect, test } from "vitest";
import { CHOICE, conditions, DAY, NUMBER, readCondition, SEVERAL, TEXT, TRUTH } from "./operators";

test("every operator reads what it has written", () => {
  for (const operators of [TEXT, NUMBER, DAY, CHOICE, SEVERAL, TRUTH]) {
    for (const operator of operators) {
      const given =
        operator.takes === 0
          ? []
          : operator.takes === 2
            ? ["1", "9"]
            : operator.takes === "many"
              ? ["a", "b, c"]
              : ["7"];
      const read = readCondition(operators, operator.write(given));
      expect(read?.operator.name, operator.name).toBe(operator.name);
      expect(read?.values).toEqual(given);
    }
  }
});

test("values with commas and quotes are quoted as the API reads them", () => {
  expect(CHOICE[0]?.write(['a "b"', "c,d"])).toBe('in.("a \\"b\\"","c,d")');
});

test("a condition by hand is nobody's", () => {
  expect(readCondition(TEXT, "match.^A")).toBeNull();
});

test("what asks two things is asked twice", () => {
  expect(conditions("gte.today-7;lte.today")).toEqual(["gte.today-7", "lte.today"]);
  expect(conditions("ilike.*a;b*")).toEqual(["ilike.*a;b*"]);
});
