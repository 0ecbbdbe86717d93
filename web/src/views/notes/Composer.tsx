// Writing a note on a record: a line that grows, with marks, people and pictures; kept in this browser until it is posted.
import { useQueryClient } from "@tanstack/react-query";
import { Bold, Italic, Link2, List, ListOrdered } from "lucide-react";
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { create, type Row } from "../../api/records";
import { Button } from "../../ui/kumo";
import { Keys } from "../../ui/parts";
import { tell, warn } from "../../ui/toast";
import { refresh } from "../cache";
import { pasted } from "../files/uploads";
import { said, useWrites } from "../save";
import type { Belonging } from "./data";
import { People } from "./People";
import { insertion, listed, marked, typedName, type Written } from "./text";

interface Props {
  notes: Belonging;
  id: string;
  /** Brings a pasted picture to the record. */
  onFile?: ((file: File) => Promise<Row | null>) | undefined;
}

interface Draft {
  text: string;
  people: { id: string; name: string }[];
}

export function Composer({ notes, id, onFile }: Props) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const { object, field } = notes;
  const { wayBack } = useWrites(object);
  const draftKey = `kontor.note.${field}.${id}`;
  const [draft, setDraft] = useState<Draft>(() => readDraft(draftKey));
  const [at, setAt] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const [key, setKey] = useState(() => crypto.randomUUID());
  const box = useRef<HTMLTextAreaElement>(null);
  const list = useId();
  const [option, setOption] = useState<string>();
  const pick = useRef<((key: string) => boolean) | null>(null);
  const { text, people } = draft;
  const name = at === null ? null : typedName(text, at);
  const grown = text !== "" || at !== null;

  useEffect(() => {
    if (text === "") localStorage.removeItem(draftKey);
    else localStorage.setItem(draftKey, JSON.stringify({ text, people }));
  }, [draftKey, text, people]);

  const now = (): Written => ({ text, from: box.current?.selectionStart ?? 0, to: box.current?.selectionEnd ?? 0 });
  // Before the next key: what follows goes where the mark has left the caret.
  const place = useRef<Written | null>(null);
  useLayoutEffect(() => {
    const next = place.current;
    place.current = null;
    if (!next) return;
    box.current?.focus();
    box.current?.setSelectionRange(next.from, next.to);
  });
  const put = (next: Written) => {
    setDraft((before) => ({ ...before, text: next.text }));
    setAt(next.to);
    place.current = next;
  };
  const mention = (person: { id: string; name: string }) => {
    if (!name || at === null) return;
    put(insertion({ text, from: name.from, to: at }, `@${person.name} `));
    setDraft((before) => ({ ...before, people: [...before.people.filter((p) => p.id !== person.id), person] }));
  };
  const post = async () => {
    const body = text.trim();
    if (body === "" || busy) return;
    setBusy(true);
    const mentioned = people.filter((p) => body.includes(`@${p.name}`)).map((p) => p.id);
    const takes = object.fields.has("mention_ids") && mentioned.length > 0;
    try {
      const made = await create(
        object,
        { [field]: id, body, ...(takes ? { mention_ids: mentioned } : {}) },
        key,
        "id,version",
      );
      setDraft({ text: "", people: [] });
      setKey(crypto.randomUUID());
      void refresh(cache, object.name);
      tell(t("notes.posted"), wayBack(made.changeSet));
    } catch (error) {
      warn(t("refused.title"), said(error, t));
    } finally {
      setBusy(false);
    }
  };
  const bring = async (files: File[]) => {
    for (const file of files) {
      const row = await onFile?.(file);
      const picture = String(row?.mime_type ?? "").startsWith("image/");
      if (row && picture) setDraft((before) => ({ ...before, text: withPicture(before.text, file.name, row.id) }));
    }
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (pick.current?.(event.key)) return event.preventDefault();
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.key === "Enter") {
      event.preventDefault();
      void post();
    } else if (mod && (event.key === "b" || event.key === "i")) {
      event.preventDefault();
      put(marked(now(), event.key === "b" ? "**" : "*"));
    }
  };
  const tool = (label: string, icon: ReactNode, act: () => Written) => (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => put(act())}
    >
      {icon}
    </button>
  );
  const link = (): Written => {
    const here = now();
    const chosen = text.slice(here.from, here.to) || t("notes.link_text");
    const made = insertion(here, `[${chosen}](https://)`);
    return { ...made, from: made.to - 1, to: made.to - 1 };
  };
  return (
    <section className="card composer" aria-label={t("notes.write")} data-grown={grown}>
      <textarea
        ref={box}
        className="field-input"
        aria-label={t("notes.write")}
        placeholder={t("notes.placeholder")}
        value={text}
        rows={grown ? 3 : 1}
        maxLength={100_000}
        aria-autocomplete="list"
        aria-controls={name ? list : undefined}
        aria-activedescendant={name ? option : undefined}
        onFocus={(event) => setAt(event.target.selectionStart)}
        onBlur={() => setAt(null)}
        onSelect={(event) => setAt(event.currentTarget.selectionStart)}
        onChange={(event) => {
          setDraft({ text: event.target.value, people });
          setAt(event.target.selectionStart);
        }}
        onKeyDown={pressed}
        onPaste={(event) => {
          const files = onFile ? pasted(event.clipboardData) : [];
          if (files.length === 0) return;
          event.preventDefault();
          void bring(files);
        }}
      />
      {name ? (
        <People
          id={list}
          typed={name.typed}
          pick={pick}
          onOption={setOption}
          onPick={mention}
          onLeave={() => setAt(null)}
        />
      ) : null}
      {grown ? (
        <footer className="row">
          <div className="row grow" role="toolbar" aria-label={t("notes.marks")}>
            {tool(t("notes.bold"), <Bold aria-hidden="true" />, () => marked(now(), "**"))}
            {tool(t("notes.italic"), <Italic aria-hidden="true" />, () => marked(now(), "*"))}
            {tool(t("notes.bullets"), <List aria-hidden="true" />, () => listed(now(), () => "- "))}
            {tool(t("notes.numbers"), <ListOrdered aria-hidden="true" />, () => listed(now(), (n) => `${n + 1}. `))}
            {tool(t("notes.link"), <Link2 aria-hidden="true" />, link)}
          </div>
          <Button
            size="sm"
            variant="primary"
            loading={busy}
            disabled={text.trim() === ""}
            onMouseDown={(event: React.MouseEvent) => event.preventDefault()}
            onClick={() => void post()}
          >
            {t("notes.post")} <Keys keys="Mod+Enter" />
          </Button>
        </footer>
      ) : null}
    </section>
  );
}

const withPicture = (text: string, name: string, id: string) =>
  `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}![${name.replaceAll(/[[\]]/g, "")}](file:${id})\n`;

function readDraft(key: string): Draft {
  try {
    return { text: "", people: [], ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Draft>) };
  } catch {
    return { text: "", people: [] };
  }
}
