// Files on their way to a record: a few at a time, each with its progress, and its own refusal.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { bringFile } from "../../api/files";
import { Problem } from "../../api/http";
import type { ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { tell } from "../../ui/toast";
import { refresh } from "../cache";
import { said, useWrites } from "../save";

export interface Coming {
  key: string;
  file: File;
  share: number;
  /** Why it did not come. */
  fault: string | null;
  /** The server asked to wait. */
  waiting: boolean;
}

const AT_ONCE = 2;

/** `field`: by which a file's record refers to the record with this id. */
export function useUploads(files: ObjectDef, field: string, id: string) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const { wayBack } = useWrites(files);
  const [coming, setComing] = useState<Coming[]>([]);
  const queue = useRef<Coming[]>([]);
  const running = useRef(new Map<string, AbortController>());
  const gone = useRef(false);
  const note = useCallback((key: string, change: Partial<Coming>) => {
    setComing((all) => all.map((each) => (each.key === key ? { ...each, ...change } : each)));
  }, []);
  const leave = useCallback((key: string) => setComing((all) => all.filter((each) => each.key !== key)), []);

  useEffect(() => {
    gone.current = false;
    const all = running.current;
    return () => {
      gone.current = true;
      queue.current = [];
      for (const each of all.values()) each.abort();
    };
  }, []);

  async function bring(each: Coming): Promise<Row | null> {
    const stop = new AbortController();
    running.current.set(each.key, stop);
    const onSent = (share: number) => note(each.key, { share, waiting: false });
    try {
      const made = await patiently(
        () => bringFile(each.file, { [field]: id }, { signal: stop.signal, onSent }),
        stop.signal,
        () => note(each.key, { waiting: true }),
      );
      leave(each.key);
      void refresh(cache, files.name);
      tell(t("files.added", { name: each.file.name }), wayBack(made.changeSet));
      return made.row;
    } catch (error) {
      if (stop.signal.aborted) leave(each.key);
      else note(each.key, { fault: said(error, t), waiting: false });
      return null;
    } finally {
      running.current.delete(each.key);
    }
  }

  const next = () => {
    while (!gone.current && running.current.size < AT_ONCE) {
      const each = queue.current.shift();
      if (!each) return;
      void bring(each).finally(next);
    }
  };

  const add = (some: Iterable<File>) => {
    const fresh = [...some].map((file) => ({
      key: crypto.randomUUID(),
      file,
      share: 0,
      fault: null,
      waiting: false,
    }));
    setComing((all) => [...all, ...fresh]);
    queue.current.push(...fresh);
    next();
  };
  /** One that somebody waits for. */
  const addOne = (file: File): Promise<Row | null> => {
    const each = { key: crypto.randomUUID(), file, share: 0, fault: null, waiting: false };
    setComing((all) => [...all, each]);
    return bring(each).finally(next);
  };
  const again = (each: Coming) => {
    leave(each.key);
    add([each.file]);
  };
  const drop = (each: Coming) => {
    queue.current = queue.current.filter((q) => q.key !== each.key);
    running.current.get(each.key)?.abort();
    leave(each.key);
  };
  return { coming, add, addOne, again, drop };
}

export type Uploads = ReturnType<typeof useUploads>;

/** Whoever is asked to wait waits, and goes on by itself. */
async function patiently<T>(act: () => Promise<T>, signal: AbortSignal, onWait: () => void): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 429 || signal.aborted) throw error;
      onWait();
      await new Promise<void>((done) => {
        const timer = setTimeout(done, Math.min(error.retryAfter ?? 5, 60) * 1000);
        signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
      });
    }
  }
}

/** What was pasted, when it is a file; pictures get a name that says when. */
export function pasted(data: DataTransfer | null): File[] {
  const now = new Date().toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
  return [...(data?.files ?? [])].map((file, at) =>
    /^image\.(png|jpe?g|gif|webp)$/.test(file.name)
      ? new File([file], `${now}${at > 0 ? `-${at + 1}` : ""}.${file.name.split(".").at(-1)}`, { type: file.type })
      : file,
  );
}
