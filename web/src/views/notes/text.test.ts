import { expect, test } from "vitest";
import { listed, marked, typedName } from "./text";

test("a mark goes around what is chosen, and away again", () => {
  const once = marked({ text: "a bold word", from: 2, to: 6 }, "**");
  expect(once).toEqual({ text: "a **bold** word", from: 4, to: 8 });
  expect(marked(once, "**")).toEqual({ text: "a bold word", from: 2, to: 6 });
});

test("a mark that was begun is ended by asking for it again", () => {
  const begun = marked({ text: "a ", from: 2, to: 2 }, "**");
  expect(begun).toEqual({ text: "a ****", from: 4, to: 4 });
  expect(marked({ text: "a **word**", from: 8, to: 8 }, "**")).toEqual({ text: "a **word**", from: 10, to: 10 });
});

test("the lines that are chosen become items", () => {
  expect(listed({ text: "x\na\nb", from: 2, to: 5 }, (at) => `${at + 1}. `).text).toBe("x\n1. a\n2. b");
});

test("a name is looked for behind an @ that begins a word", () => {
  expect(typedName("Hi @ad", 6)).toEqual({ from: 3, typed: "ad" });
  expect(typedName("@", 1)).toEqual({ from: 0, typed: "" });
  expect(typedName("ada@example", 11)).toBeNull();
  expect(typedName("@Ada is here now and", 20)).toBeNull();
  expect(typedName("no name", 7)).toBeNull();
});
