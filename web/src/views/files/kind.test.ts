import { expect, test } from "vitest";
import { drawnAs, sizeOf, stemOf } from "./kind";
import { pasted } from "./uploads";

test("sizes are said as file managers say them", () => {
  expect([0, 999, 1400, 14_200, 1_450_000, 52_428_800].map(sizeOf)).toEqual([
    "0 B",
    "999 B",
    "1.4 kB",
    "14 kB",
    "1.5 MB",
    "52 MB",
  ]);
});

test("only images and PDFs are shown", () => {
  expect(["image/png", "application/pdf", "application/msword", null].map(drawnAs)).toEqual([
    "image",
    "pdf",
    "other",
    "other",
  ]);
});

test("renaming begins with the name before its ending", () => {
  expect(["offer.pdf", "a.b.c", "scan", ".hidden"].map(stemOf)).toEqual([5, 3, 4, 7]);
});

test("a picture that is pasted gets a name that says when; a file keeps its own", () => {
  const files = [new File(["x"], "image.png", { type: "image/png" }), new File(["y"], "offer.pdf")];
  const [picture, offer] = pasted({ files } as unknown as DataTransfer);
  expect(picture?.name).toMatch(/^\d{4}-\d{2}-\d{2}-\d{6}\.png$/);
  expect(offer?.name).toBe("offer.pdf");
  expect(pasted(null)).toEqual([]);
});
