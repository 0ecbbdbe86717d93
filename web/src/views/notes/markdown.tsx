// Notes are kept as Markdown, which stays readable in exports, in search and over the API. Drawn as elements, never as HTML.
import { Fragment, type ReactNode } from "react";
import { contentUrl } from "../../api/files";

/** A part of a text: heading, list, quote, code or paragraph. */
type Block =
  | { is: "text" | "quote" | "head"; lines: string[] }
  | { is: "code"; lines: string[] }
  | { is: "list"; ordered: boolean; lines: string[] };

export function Markdown({ text, people = [] }: { text: string; people?: string[] }) {
  return (
    <div className="prose">
      {blocksOf(text).map((block, at) => (
        <Part key={at} block={block} people={people} />
      ))}
    </div>
  );
}

function Part({ block, people }: { block: Block; people: string[] }) {
  const inline = (line: string) => <Inline text={line} people={people} />;
  const broken = block.lines.map((line, at) => (
    <Fragment key={at}>
      {at > 0 ? <br /> : null}
      {inline(line)}
    </Fragment>
  ));
  switch (block.is) {
    case "code":
      return <pre>{block.lines.join("\n")}</pre>;
    case "head":
      return <p className="head">{broken}</p>;
    case "quote":
      return <blockquote>{broken}</blockquote>;
    case "list": {
      const items = block.lines.map((line, at) => <li key={at}>{inline(line)}</li>);
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    default:
      return <p>{broken}</p>;
  }
}

const BULLET = /^\s*[-*+]\s+/;
const NUMBER = /^\s*\d{1,3}[.)]\s+/;

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let code = false;
  let open = false;
  const put = (block: Block, joins: (last: Block) => boolean) => {
    const last = blocks.at(-1);
    if (open && last && joins(last)) last.lines.push(...block.lines);
    else blocks.push(block);
    open = true;
  };
  for (const line of text.replaceAll("\r\n", "\n").split("\n")) {
    if (line.startsWith("```")) {
      code = !code;
      if (code) blocks.push({ is: "code", lines: [] });
      open = code;
    } else if (code) blocks.at(-1)?.lines.push(line);
    else if (line.trim() === "") open = false;
    else if (/^#{1,6}\s/.test(line)) {
      blocks.push({ is: "head", lines: [line.replace(/^#+\s+/, "")] });
      open = false;
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      const ordered = NUMBER.test(line);
      const item = line.replace(ordered ? NUMBER : BULLET, "");
      put({ is: "list", ordered, lines: [item] }, (last) => last.is === "list" && last.ordered === ordered);
    } else if (line.startsWith(">"))
      put({ is: "quote", lines: [line.replace(/^>\s?/, "")] }, (last) => last.is === "quote");
    else put({ is: "text", lines: [line] }, (last) => last.is === "text");
  }
  return blocks;
}

/** Only addresses that lead somewhere; what could run is left as text. */
const SAFE = /^(?:https?:\/\/|mailto:|tel:|\/(?!\/))/i;
const PIECES =
  /`([^`\n]+)`|\*\*(\S(?:[^*]*\S)?)\*\*|\*(\S(?:[^*]*\S)?)\*|!\[([^\]]*)\]\(file:([0-9a-f-]{36})\)|\[([^\]]+)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?])/g;

function Inline({ text, people }: { text: string; people: string[] }): ReactNode {
  const found: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(PIECES)) {
    const [whole, code, bold, slanted, alt, file, label, target, bare] = match;
    if (match.index > from) found.push(mentioned(text.slice(from, match.index), people, from));
    const key = match.index;
    if (code !== undefined) found.push(<code key={key}>{code}</code>);
    else if (bold !== undefined)
      found.push(
        <b key={key}>
          <Inline text={bold} people={people} />
        </b>,
      );
    else if (slanted !== undefined)
      found.push(
        <em key={key}>
          <Inline text={slanted} people={people} />
        </em>,
      );
    else if (file) found.push(<img key={key} src={contentUrl(file, true)} alt={alt ?? ""} loading="lazy" />);
    else if (label && target && SAFE.test(target)) found.push(away(target, label, key));
    else if (bare) found.push(away(bare, bare, key));
    else found.push(whole);
    from = match.index + whole.length;
  }
  if (from < text.length) found.push(mentioned(text.slice(from), people, from));
  return found;
}

const away = (target: string, label: string, key: number) => (
  <a key={key} href={target} target="_blank" rel="noreferrer noopener">
    {label}
  </a>
);

/** Names of people who were mentioned, wherever they stand. */
function mentioned(text: string, people: string[], key: number): ReactNode {
  const named = people.filter((name) => text.includes(`@${name}`));
  if (named.length === 0) return text;
  const parts = text.split(new RegExp(`(${named.map((n) => `@${escaped(n)}`).join("|")})`));
  return (
    <Fragment key={`m${key}`}>
      {parts.map((part, at) =>
        named.some((n) => part === `@${n}`) ? (
          <span key={at} className="mention">
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </Fragment>
  );
}

const escaped = (name: string) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
