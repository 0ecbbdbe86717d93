// What happens to a text while it is written: marks around words, lists, and names after an @.

/** A text with what is chosen in it. */
export interface Written {
  text: string;
  from: number;
  to: number;
}

/** Puts the mark around what is chosen, or takes it away. */
export function marked({ text, from, to }: Written, mark: string): Written {
  const chosen = text.slice(from, to);
  const n = mark.length;
  const around = text.slice(from - n, from) === mark && text.slice(to, to + n) === mark;
  if (around) return { text: text.slice(0, from - n) + chosen + text.slice(to + n), from: from - n, to: to - n };
  // Written to its end: the mark is there already.
  if (from === to && text.slice(to, to + n) === mark) return { text, from: to + n, to: to + n };
  return { text: text.slice(0, from) + mark + chosen + mark + text.slice(to), from: from + n, to: to + n };
}

/** Makes items of the lines that are chosen. */
export function listed({ text, from, to }: Written, sign: (at: number) => string): Written {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const end = text.indexOf("\n", to) < 0 ? text.length : text.indexOf("\n", to);
  const lines = text.slice(start, end).split("\n");
  const made = lines.map((line, at) => sign(at) + line).join("\n");
  return { text: text.slice(0, start) + made + text.slice(end), from: start + made.length, to: start + made.length };
}

/** The name that is being typed behind an @ at this place, and where it begins. */
export function typedName(text: string, at: number): { from: number; typed: string } | null {
  const found = /(?:^|[\s(])@([\p{L}\d][\p{L}\d .'-]{0,39})?$/u.exec(text.slice(0, at));
  if (!found) return null;
  const typed = found[1] ?? "";
  // Two words are a name, more are a sentence.
  if (typed.split(" ").length > 3 || typed.endsWith("  ")) return null;
  return { from: at - typed.length - 1, typed };
}

export function insertion({ text, from, to }: Written, what: string): Written {
  const end = from + what.length;
  return { text: text.slice(0, from) + what + text.slice(to), from: end, to: end };
}
