import { expect, test } from "vitest";
import { readSearch, writeSearch } from "./router";

test("an address is written as people can read it, and read as it was written", () => {
  const search = { stage: "in.(open,won)", q: "a & b", order: "amount.desc" };
  expect(writeSearch(search)).toBe("?stage=in.(open,won)&q=a+%26+b&order=amount.desc");
  expect(readSearch(writeSearch(search))).toEqual(search);
  expect(writeSearch({ q: "" })).toBe("");
});
