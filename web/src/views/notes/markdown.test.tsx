import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Markdown } from "./markdown";

afterEach(cleanup);
const drawn = (text: string, people?: string[]) =>
  render(<Markdown text={text} {...(people ? { people } : {})} />).container.firstElementChild?.innerHTML ?? "";

test("paragraphs, lists, quotes and code are what they look like", () => {
  expect(drawn("One\ntwo\n\n- a\n- **b**\n\n1. c\n> d\n```\n*e*\n```")).toBe(
    "<p>One<br>two</p><ul><li>a</li><li><b>b</b></li></ul><ol><li>c</li></ol><blockquote>d</blockquote><pre>*e*</pre>",
  );
});

test("nothing that somebody writes becomes a page of its own", () => {
  expect(drawn("<img src=x onerror=alert(1)>")).toBe("<p>&lt;img src=x onerror=alert(1)&gt;</p>");
  expect(drawn("[press](javascript:alert(1))")).not.toContain("<a");
  expect(drawn("[press](//evil.example/x)")).not.toContain("<a");
  expect(drawn("[offer](https://kontor.example/a)")).toContain('href="https://kontor.example/a"');
  expect(drawn("see https://kontor.example/a.")).toContain('href="https://kontor.example/a"');
});

test("people are marked where they are named, and others are not", () => {
  expect(drawn("Thanks @Ada Lovelace, and @Bob", ["Ada Lovelace"])).toBe(
    '<p>Thanks <span class="mention">@Ada Lovelace</span>, and @Bob</p>',
  );
});
